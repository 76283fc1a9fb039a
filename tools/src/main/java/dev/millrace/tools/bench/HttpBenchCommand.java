package dev.millrace.tools.bench;

import dev.millrace.tools.bench.http.LoadRunOptions;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.load.ServerUrl;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code bench http}: the same streams against any server, so that two can be compared. */
@Command(
        name = "http",
        description = {
            "Measures a running server. Without --rate, --duration, --slo and --body: streamed",
            "completions of one that speaks OpenAI's API, --concurrency at once, --rounds each.",
            "With one of them: a load, and what became of it. Prompts are random ids; answers",
            "are greedy and end at --tokens."
        },
        mixinStandardHelpOptions = true)
final class HttpBenchCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "URL",
            converter = ServerUrl.class,
            description = "scheme, host and port, as in http://127.0.0.1:8080")
    private URI server = URI.create("");

    @Option(
            names = "--model",
            paramLabel = "NAME",
            defaultValue = "",
            description = "the model's name; the first that the server lists if not given")
    private String model = "";

    @Option(
            names = "--vocabulary",
            paramLabel = "N",
            defaultValue = "32000",
            description = "ids of prompts are below it (${DEFAULT-VALUE})")
    private int vocabulary;

    @Option(
            names = "--prompt",
            paramLabel = "N",
            defaultValue = "20",
            description = "tokens of each prompt (${DEFAULT-VALUE})")
    private int promptTokens;

    @Mixin private StreamOptions streams = new StreamOptions();

    @Mixin private LoadRunOptions load = new LoadRunOptions();

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions.inRange("--vocabulary", vocabulary, 1, Integer.MAX_VALUE);
        LoadOptions.inRange("--prompt", promptTokens, 1, 1 << 20);
        streams.check();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (load.asked()) {
            load.check(server);
            int code = load.run(server, completions(), json, out);
            out.flush();
            return code;
        }
        HttpBenchReport report = measure();
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        out.flush();
        return 0;
    }

    private LoadRunOptions.Completions completions() throws IOException, InterruptedException {
        String name = model;
        if (name.isEmpty() && load.needsModel()) {
            try (var listed =
                    new HttpLoad(server, "", vocabulary, promptTokens, streams.answerTokens)) {
                name = listed.model();
            }
        }
        return new LoadRunOptions.Completions(name, vocabulary, promptTokens, streams.answerTokens);
    }

    private HttpBenchReport measure() throws IOException, InterruptedException {
        try (var load =
                new HttpLoad(server, model, vocabulary, promptTokens, streams.answerTokens)) {
            List<HttpLoadResult> results = new ArrayList<>();
            for (int count : streams.concurrency) {
                if (streams.warmup > 0) {
                    load.measure(count, streams.warmup, 0);
                }
                results.add(load.measure(count, streams.rounds, streams.intruderTokens));
            }
            return new HttpBenchReport(
                    server.toString(),
                    load.model(),
                    promptTokens,
                    streams.answerTokens,
                    streams.intruderTokens,
                    results);
        }
    }
}

package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import dev.millrace.tools.load.Load;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.load.Progress;
import dev.millrace.tools.load.ServerUrl;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code replay trace run}: prompts made up for a trace, sent by its times. */
@Command(
        name = "run",
        description = {
            "Sends prompts of a trace's lengths and shared prefixes by its times, each for as",
            "many tokens as it says. Exits with 1 where one was not answered so."
        },
        mixinStandardHelpOptions = true)
final class TraceRunCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "a trace, one JSON object a line")
    private Path file = Path.of("");

    @Option(
            names = "--against",
            required = true,
            paramLabel = "URL",
            converter = ServerUrl.class,
            description = "scheme, host and port, as in http://127.0.0.1:8080")
    private URI server = URI.create("");

    @Option(
            names = "--model",
            required = true,
            paramLabel = "NAME",
            description = "the model's name")
    private String model = "";

    @Option(
            names = "--vocabulary",
            paramLabel = "N",
            defaultValue = "32000",
            description = "ids of prompts are below it (${DEFAULT-VALUE})")
    private int vocabulary;

    @Option(
            names = "--block",
            paramLabel = "N",
            defaultValue = "512",
            description = "tokens of a block (${DEFAULT-VALUE})")
    private int blockTokens = TraceLine.BLOCK_TOKENS;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "of the prompts; another each time if not given, so that none is cached")
    private @Nullable Long seed;

    @Mixin private SendOptions sending = new SendOptions();

    @Option(names = "--json", description = "print JSON instead of text")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        Load load = sending.load(server);
        LoadOptions.inRange("--vocabulary", vocabulary, 1, Integer.MAX_VALUE);
        LoadOptions.inRange("--block", blockTokens, 1, 1 << 20);
        List<TraceRequest> requests = requests();
        long drawn = seed == null ? new SplittableRandom().nextLong() : seed;
        var prompts = new TracePrompts(drawn, vocabulary, blockTokens);
        var tally = new TraceTally();
        double seconds =
                load.run(
                        requests,
                        TraceRequest::offsetNanos,
                        request -> request.outgoing(model, prompts),
                        tally::add,
                        new Progress(line.getErr(), requests.size()));
        TraceReport report = tally.report(load, model, drawn, requests, seconds);
        PrintWriter out = line.getOut();
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        out.flush();
        return report.allAnswered() ? ReplayCommand.SAME : ReplayCommand.DIFFERENT;
    }

    private List<TraceRequest> requests() throws IOException {
        List<TraceLine> lines = TraceFile.read(file);
        if (lines.isEmpty()) {
            throw new ConfigException("FILE", file, "a trace of at least one line");
        }
        long first = lines.getFirst().offsetNanos();
        List<TraceRequest> requests = new ArrayList<>();
        for (TraceLine line : lines) {
            requests.add(new TraceRequest(line, requests.size(), line.offsetNanos() - first));
        }
        return requests;
    }
}

package dev.millrace.tools.bench;

import dev.millrace.config.LogConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
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

/** {@code bench model}: speed of a text model, through the rings and its lane. */
@Command(
        name = "model",
        description = {
            "Measures a text model through the server's rings and lane, without HTTP and journal.",
            "Prompts are random ids; answers are greedy and end at --tokens."
        },
        mixinStandardHelpOptions = true)
final class ModelBenchCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR", description = "the model's folder")
    private Path folder = Path.of("");

    @Option(
            names = "--prompt",
            paramLabel = "N",
            defaultValue = "128",
            description = "tokens of each prompt (${DEFAULT-VALUE})")
    private int promptTokens;

    @Mixin private StreamOptions streams = new StreamOptions();

    @Option(
            names = "--engine-threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "threads that compute a step (${DEFAULT-VALUE})")
    private int engineThreads;

    @Option(
            names = "--device",
            defaultValue = "auto",
            description = {
                "where it computes: cpu, cuda, or auto for cuda where there is one",
                "(${DEFAULT-VALUE})"
            })
    private ModelsConfig.Device device = ModelsConfig.Device.AUTO;

    @Option(
            names = "--dtype",
            defaultValue = "float32",
            description = {
                "how matrices are held: float32, float16, bfloat16, int8, or auto for the",
                "fastest but int8 (${DEFAULT-VALUE})"
            })
    private ModelsConfig.Dtype dtype = ModelsConfig.Dtype.FLOAT32;

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions.inRange("--prompt", promptTokens, 1, 1 << 20);
        streams.check();
        Logging.configure(LogConfig.defaults());
        ModelBenchReport report = measure();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        out.flush();
        return 0;
    }

    private ModelBenchReport measure() throws IOException, InterruptedException {
        int most = Collections.max(streams.concurrency);
        int longest = Math.max(promptTokens, streams.intruderTokens);
        int contextTokens =
                Math.max(promptTokens + streams.answerTokens, streams.intruderTokens + 1);
        try (var bench =
                new BenchServer(
                        folder,
                        streams.intruderTokens > 0 ? most + 1 : most,
                        longest,
                        contextTokens,
                        engineThreads,
                        device,
                        dtype)) {
            var load =
                    new StreamLoad(
                            bench.server().rings(),
                            bench.loaded(),
                            promptTokens,
                            streams.answerTokens);
            double bandwidth = ReadBandwidth.bytesPerSecond(ReadBandwidth.BYTES);
            List<LoadResult> results = new ArrayList<>();
            for (int count : streams.concurrency) {
                if (streams.warmup > 0) {
                    load.drive(count, streams.warmup);
                }
                results.add(load.measure(count, streams.rounds, streams.intruderTokens));
            }
            LoadedModel loaded = bench.loaded();
            return ModelBenchReport.of(
                    bench.model().name(),
                    promptTokens,
                    streams.answerTokens,
                    streams.intruderTokens,
                    engineThreads,
                    loaded.weights(),
                    loaded.measured(),
                    bandwidth,
                    StepWeights.bytes(folder, loaded.weights()),
                    results);
        }
    }
}

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
    private static final int MOST_STREAMS = 512;

    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR", description = "the model's folder")
    private Path folder = Path.of("");

    @Option(
            names = "--prompt",
            paramLabel = "N",
            defaultValue = "128",
            description = "tokens of each prompt (${DEFAULT-VALUE})")
    private int promptTokens;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "tokens of each answer (${DEFAULT-VALUE})")
    private int answerTokens;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,4,8,16",
            description = "streams at once, one measurement each (${DEFAULT-VALUE})")
    private List<Integer> concurrency = new ArrayList<>();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "answers of each stream (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            defaultValue = "1",
            description = "rounds before each measurement (${DEFAULT-VALUE})")
    private int warmup;

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

    @Option(
            names = "--intruder-prompt",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "tokens of prompts that one more client sends meanwhile, one after the other,",
                "each for one token (${DEFAULT-VALUE}: none)"
            })
    private int intruderTokens;

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions.inRange("--prompt", promptTokens, 1, 1 << 20);
        LoadOptions.inRange("--tokens", answerTokens, 1, 1 << 20);
        LoadOptions.inRange("--rounds", rounds, 1, 1_000_000);
        LoadOptions.inRange("--warmup", warmup, 0, 1_000_000);
        LoadOptions.inRange("--intruder-prompt", intruderTokens, 0, 1 << 20);
        concurrency.forEach(
                streams -> LoadOptions.inRange("--concurrency", streams, 1, MOST_STREAMS));
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
        int most = Collections.max(concurrency);
        int longest = Math.max(promptTokens, intruderTokens);
        int contextTokens = Math.max(promptTokens + answerTokens, intruderTokens + 1);
        try (var bench =
                new BenchServer(
                        folder,
                        intruderTokens > 0 ? most + 1 : most,
                        longest,
                        contextTokens,
                        engineThreads,
                        device,
                        dtype)) {
            var load =
                    new StreamLoad(
                            bench.server().rings(), bench.loaded(), promptTokens, answerTokens);
            double bandwidth = ReadBandwidth.bytesPerSecond(ReadBandwidth.BYTES);
            List<LoadResult> results = new ArrayList<>();
            for (int streams : concurrency) {
                if (warmup > 0) {
                    load.drive(streams, warmup);
                }
                results.add(load.measure(streams, rounds, intruderTokens));
            }
            LoadedModel loaded = bench.loaded();
            return ModelBenchReport.of(
                    bench.model().name(),
                    promptTokens,
                    answerTokens,
                    intruderTokens,
                    engineThreads,
                    loaded.weights(),
                    loaded.measured(),
                    bandwidth,
                    StepWeights.bytes(folder, loaded.weights()),
                    results);
        }
    }
}

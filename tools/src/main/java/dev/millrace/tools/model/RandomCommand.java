package dev.millrace.tools.model;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code model random}: a folder that can be served, so that speed needs no downloads. */
@Command(
        name = "random",
        description = "Writes a model with random weights, of the shape that a config.json gives.",
        mixinStandardHelpOptions = true)
final class RandomCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--like",
            required = true,
            paramLabel = "FILE",
            description = "config.json of the shape wanted")
    private Path like = Path.of("");

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "the same seed gives the same weights (${DEFAULT-VALUE})")
    private long seed;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "the model's folder; empty or not there")
    private Path out = Path.of("");

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "float32, bfloat16 or float16; what the config.json says if not given")
    private @Nullable WeightType type;

    @Override
    public Integer call() throws IOException {
        var checkpoint = new RandomCheckpoint(ModelConfig.read(like), type);
        checkpoint.write(out, seed);
        PrintWriter print = Objects.requireNonNull(spec).commandLine().getOut();
        print.println(
                "%s: %,d parameters, %s, %,d bytes"
                        .formatted(
                                out,
                                checkpoint.parameters(),
                                checkpoint.type(),
                                Files.size(out.resolve("model.safetensors"))));
        print.flush();
        return 0;
    }
}

package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.gguf.GgmlType;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model convert}: a Hugging Face folder of the Llama family to GGUF. */
@Command(
        name = "convert",
        description = "Writes a model folder of the Llama family as a GGUF file.",
        mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR", description = "folder with a config.json")
    private Path from = Path.of("");

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE.gguf",
            description = "the file to write; not there yet")
    private Path out = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "f16",
            description = "of the matrices: f32, f16, bf16, q8_0 or q4_0 (${DEFAULT-VALUE})")
    private GgmlType type = GgmlType.F16;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(out)) {
            throw new ConfigException("--out", out, "a file that is not there yet");
        }
        GgufExport.write(from, type, out);
        PrintWriter print = Objects.requireNonNull(spec).commandLine().getOut();
        print.println("%s: %s, %,d bytes".formatted(out, type, Files.size(out)));
        print.flush();
        return 0;
    }
}

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

/** {@code model convert}: a Hugging Face folder of the Llama family to GGUF, and back. */
@Command(
        name = "convert",
        description = "Writes a GGUF file of the Llama family as a model folder, or the reverse.",
        mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "FROM",
            description = "a .gguf file, or a folder with a config.json")
    private Path from = Path.of("");

    @Option(
            names = "--out",
            required = true,
            paramLabel = "TO",
            description = "the folder or the .gguf file to write; not there yet")
    private Path out = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "f16",
            description =
                    "to GGUF: of the matrices; f32, f16, bf16, q8_0 or q4_0. From GGUF: what"
                            + " q8_0 and q4_0 become; f16, bf16 or f32 (${DEFAULT-VALUE})")
    private GgmlType type = GgmlType.F16;

    @Override
    public Integer call() throws IOException {
        if (Files.exists(out)) {
            throw new ConfigException("--out", out, "a folder or file that is not there yet");
        }
        PrintWriter print = Objects.requireNonNull(spec).commandLine().getOut();
        if (Files.isDirectory(from)) {
            GgufExport.write(from, type, out);
            print.println("%s: %s, %,d bytes".formatted(out, type, Files.size(out)));
        } else {
            GgufImport.write(from, GgufImport.dequantised(type), out);
            Inspection found = Inspection.of(out);
            print.println(
                    "%s: %s, %,d parameters, %s, %,d bytes"
                            .formatted(
                                    out,
                                    found.architecture(),
                                    found.parameters(),
                                    found.dtypes().keySet(),
                                    found.bytes()));
        }
        print.flush();
        return 0;
    }
}

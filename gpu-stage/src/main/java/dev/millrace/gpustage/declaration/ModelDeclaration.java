package dev.millrace.gpustage.declaration;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor model's declaration.
 *
 * @param file where it was read, for messages
 * @param inputs in the order of the file
 * @param outputs in the order of the file
 * @param maxRows most rows of one execution where the first dimension counts rows; 0 where it does
 *     not
 * @param maxDelayMicros how long a request may wait for company; -1 where the file does not say
 * @param preferredRows ascending; empty where the file does not say
 */
public record ModelDeclaration(
        Path file,
        List<DeclaredTensor> inputs,
        List<DeclaredTensor> outputs,
        int maxRows,
        long maxDelayMicros,
        List<Integer> preferredRows) {
    /** The declaration in {@code folder}, or null where it has none. */
    public static @Nullable ModelDeclaration find(Path folder) {
        Path yaml = folder.resolve("model.yaml");
        Path pbtxt = folder.resolve("config.pbtxt");
        if (Files.exists(yaml) && Files.exists(pbtxt)) {
            throw new ModelLoadException(
                    folder + ": holds model.yaml and config.pbtxt; one declaration is expected");
        }
        if (Files.exists(yaml)) {
            return ModelYaml.read(yaml);
        }
        return Files.exists(pbtxt) ? TritonConfig.read(pbtxt) : null;
    }
}

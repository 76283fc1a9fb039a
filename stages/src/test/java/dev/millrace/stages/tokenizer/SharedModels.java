package dev.millrace.stages.tokenizer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The reference models beside the checkout; a test that needs one is skipped where they are absent.
 */
final class SharedModels {
    private SharedModels() {}

    static Path folder(String model) {
        String given = System.getenv("MILLRACE_SHARED");
        Path shared =
                given == null
                        ? Path.of("..", "..", "shared").toAbsolutePath().normalize()
                        : Path.of(given);
        Path folder = shared.resolve("models").resolve(model);
        assumeTrue(Files.isDirectory(folder), "skipped: no reference model at " + folder);
        return folder;
    }
}

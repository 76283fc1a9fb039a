package dev.millrace.tools.acceptance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The folder with real models beside the checkout; tests that need it are skipped without it. */
final class Shared {
    private Shared() {}

    /**
     * {@code MILLRACE_SHARED} as a property or in the environment, or the sibling of the checkout.
     */
    static Path root() {
        String named =
                Optional.ofNullable(System.getProperty("MILLRACE_SHARED"))
                        .orElse(System.getenv("MILLRACE_SHARED"));
        return (named == null ? Path.of("../../shared") : Path.of(named))
                .toAbsolutePath()
                .normalize();
    }

    /** The folder that holds one folder per model; skips the test, and says so, where absent. */
    static Path models() {
        Path models = root().resolve("models");
        if (!Files.isDirectory(models)) {
            System.out.println("skipped: " + models + " is absent");
        }
        assumeTrue(Files.isDirectory(models), () -> "skipped: " + models + " is absent");
        return models;
    }

    /** The folder of one model. */
    static Path model(String name) {
        return models().resolve(name);
    }
}

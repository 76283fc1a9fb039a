package dev.millrace.gpustage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The embedded text model that is served when no other is named: a small Llama trained on Jane
 * Austen's novels.
 */
public final class DemoModel {
    /** Its name, and the name of its folder. */
    public static final String NAME = "austen-2.8m";

    private static final String RESOURCES = "/dev/millrace/models/" + NAME + "/";

    private static final List<String> FILES =
            List.of(
                    "README.md",
                    "config.json",
                    "generation_config.json",
                    "golden.json",
                    "model.safetensors",
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "training/golden.py",
                    "training/tokenizer.py",
                    "training/train.py");

    private DemoModel() {}

    /**
     * Writes the model's files into {@code parent/austen-2.8m}, replacing what is there.
     *
     * @return the model's folder
     * @throws UncheckedIOException if they cannot be written
     */
    public static Path extractTo(Path parent) {
        Path folder = parent.resolve(NAME);
        try {
            for (String file : FILES) {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                // Under another name first: a file that is mapped by a running server is never
                // written in place.
                Path written = target.resolveSibling(target.getFileName() + ".part");
                try (InputStream in = DemoModel.class.getResourceAsStream(RESOURCES + file)) {
                    if (in == null) {
                        throw new IllegalStateException(
                                "resource " + RESOURCES + file + " is missing");
                    }
                    Files.copy(in, written, StandardCopyOption.REPLACE_EXISTING);
                }
                Files.move(
                        written,
                        target,
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    folder + ": the demo model cannot be written: " + e.getMessage(), e);
        }
        return folder;
    }
}

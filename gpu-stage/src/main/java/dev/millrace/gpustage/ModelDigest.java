package dev.millrace.gpustage;

import java.nio.file.Path;

/** What a model is known by in a journal, wherever its folder lies. */
public final class ModelDigest {
    private ModelDigest() {}

    /**
     * SHA-256 over the weights in a model's folder, hex.
     *
     * @throws ModelLoadException where the folder holds no model, or cannot be read
     */
    public static String of(Path folder) {
        return ModelFiles.find(folder).digest();
    }
}

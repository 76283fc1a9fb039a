package dev.millrace.gpustage.model;

import java.nio.file.Path;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;

/** Writes TorchScript files from source. */
public final class ScriptFiles {
    private ScriptFiles() {}

    /** Compiles the methods in {@code source} and saves the module. */
    public static Path write(Path file, String source) {
        try (QualifiedName name = new QualifiedName("Written");
                JitModule module = new JitModule(name)) {
            module.define(source);
            module.save(file.toString());
        }
        return file;
    }
}

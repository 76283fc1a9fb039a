package dev.millrace.tools.serve;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which folders are served, by name. */
public final class ModelFolders {
    private ModelFolders() {}

    /**
     * Each sub-folder of {@code dir} under its own name; the demo model where there is no {@code
     * dir}.
     *
     * @param scratch where the demo model is unpacked
     */
    public static Map<String, Path> of(@Nullable String dir, Path scratch) throws IOException {
        var folders = new TreeMap<String, Path>();
        if (dir == null) {
            folders.put(DemoModel.NAME, DemoModel.extractTo(scratch));
            return folders;
        }
        Path root = Path.of(dir);
        if (!Files.isDirectory(root)) {
            throw new ConfigException("models.dir", dir, "a folder whose sub-folders are models");
        }
        try (Stream<Path> entries = Files.list(root)) {
            entries.filter(Files::isDirectory)
                    .filter(folder -> !folder.getFileName().toString().startsWith("."))
                    .forEach(folder -> folders.put(folder.getFileName().toString(), folder));
        }
        if (folders.isEmpty()) {
            throw new ConfigException(
                    "models.dir", dir, "a folder with at least one model folder in it");
        }
        return folders;
    }
}

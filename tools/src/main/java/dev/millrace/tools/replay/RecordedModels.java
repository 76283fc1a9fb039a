package dev.millrace.tools.replay;

import dev.millrace.gpustage.ModelDigest;
import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.journal.EnvironmentRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the models of a recording by the digests of their weights. */
final class RecordedModels {
    private final @Nullable Path models;
    private final Path demo;
    private final Map<Path, String> digests = new LinkedHashMap<>();

    /**
     * @param models a folder of model folders, which are looked through first; or null
     * @param demo the unpacked demo model
     */
    RecordedModels(@Nullable Path models, Path demo) {
        this.models = models;
        this.demo = demo;
    }

    /** The folders of a run's models, by name, in the order of their lanes; some may be missing. */
    Map<String, Path> folders(EnvironmentRecord environment) throws IOException {
        var folders = new LinkedHashMap<String, Path>();
        for (EnvironmentRecord.Model model : environment.models()) {
            for (Path candidate : candidates(environment, model)) {
                if (model.digest().equals(digest(candidate))) {
                    folders.putIfAbsent(model.name(), candidate);
                }
            }
        }
        return folders;
    }

    private List<Path> candidates(EnvironmentRecord environment, EnvironmentRecord.Model model)
            throws IOException {
        var candidates = new ArrayList<Path>();
        if (models != null) {
            candidates.add(models.resolve(model.name()));
            try (Stream<Path> all = Files.list(models)) {
                all.filter(Files::isDirectory).sorted().forEach(candidates::add);
            }
        }
        String recorded = environment.modelsFolder();
        if (recorded != null) {
            candidates.add(Path.of(recorded).resolve(model.name()));
        }
        candidates.add(demo);
        return candidates;
    }

    /** Empty where there is no model. */
    private String digest(Path folder) {
        return digests.computeIfAbsent(
                folder,
                path -> {
                    try {
                        return Files.isDirectory(path) ? ModelDigest.of(path) : "";
                    } catch (ModelLoadException e) {
                        return "";
                    }
                });
    }
}

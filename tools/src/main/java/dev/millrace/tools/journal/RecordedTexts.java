package dev.millrace.tools.journal;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.tools.serve.EnvironmentFacts;
import dev.millrace.tools.serve.ModelFolders;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The text side of recorded models: a journal holds token ids, and where the models of its run lay.
 * Read when first asked for; only with the tokenizer that the run had. One thread.
 */
public final class RecordedTexts implements AutoCloseable {
    private final @Nullable Path models;
    private final Map<Key, Optional<TextModel>> read = new HashMap<>();
    private @Nullable Scratch scratch;

    /** A model as a run had it. */
    private record Key(@Nullable String folder, String model, String tokenizer) {}

    /**
     * @param models a folder whose sub-folders are models; null takes the one on record, or the
     *     embedded model
     */
    public RecordedTexts(@Nullable Path models) {
        this.models = models;
    }

    /**
     * A model's text side; null where its folder is not there, has none, or another one.
     *
     * @param environment of the run; null where it is not on record
     * @throws dev.millrace.stages.tokenizer.TextModelException where it cannot be used
     */
    public @Nullable TextModel find(@Nullable EnvironmentRecord environment, String model) {
        String recorded = environment == null ? null : environment.modelsFolder();
        var key =
                new Key(
                        models == null ? recorded : models.toString(),
                        model,
                        tokenizer(environment, model));
        Optional<TextModel> known = read.get(key);
        if (known == null) {
            known = load(key);
            read.put(key, known);
        }
        return known.orElse(null);
    }

    private static String tokenizer(@Nullable EnvironmentRecord environment, String model) {
        return environment == null
                ? ""
                : environment.models().stream()
                        .filter(loaded -> loaded.name().equals(model))
                        .map(EnvironmentRecord.Model::tokenizer)
                        .findFirst()
                        .orElse("");
    }

    private Optional<TextModel> load(Key key) {
        Path folder = folder(key);
        if (folder == null) {
            return Optional.empty();
        }
        boolean same =
                key.tokenizer.isEmpty() || key.tokenizer.equals(EnvironmentFacts.tokenizer(folder));
        return same ? Optional.ofNullable(TextModelLoader.load(folder)) : Optional.empty();
    }

    private @Nullable Path folder(Key key) {
        boolean gone =
                key.folder == null
                        ? !key.model.equals(DemoModel.NAME)
                        : models == null && !Files.isDirectory(Path.of(key.folder));
        if (gone) {
            return null;
        }
        try {
            Scratch room = scratch == null ? new Scratch() : scratch;
            scratch = room;
            return ModelFolders.of(key.folder, room.folder()).get(key.model);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        read.values().forEach(text -> text.ifPresent(found -> found.tokenizer().close()));
        if (scratch != null) {
            scratch.close();
        }
    }
}

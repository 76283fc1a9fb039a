package dev.millrace.stages.tokenizer;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The text side of every model that has one, by model name. Read by decode; written when models
 * load and unload.
 */
public final class TextModels {
    private final ConcurrentHashMap<String, TextModel> byName = new ConcurrentHashMap<>();

    public @Nullable TextModel find(String name) {
        return byName.get(name);
    }

    public void put(String name, TextModel model) {
        byName.put(name, model);
    }

    public @Nullable TextModel remove(String name) {
        return byName.remove(name);
    }
}

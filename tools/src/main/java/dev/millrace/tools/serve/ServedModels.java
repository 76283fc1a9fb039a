package dev.millrace.tools.serve;

import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The catalog: replaced whole when a model comes or goes, so that readers need no lock. */
public final class ServedModels implements ModelCatalog {
    private volatile Map<String, ModelEntry> byName = Map.of();
    private volatile List<ModelEntry> all = List.of();

    @Override
    public @Nullable ModelEntry find(String name) {
        return byName.get(name);
    }

    @Override
    public List<ModelEntry> all() {
        return all;
    }

    /** Control path. */
    public synchronized void put(ModelEntry entry) {
        var names = new TreeMap<>(byName);
        names.put(entry.name(), entry);
        all = List.copyOf(names.values());
        byName = Map.copyOf(names);
    }
}

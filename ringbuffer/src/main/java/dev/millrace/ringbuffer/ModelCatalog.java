package dev.millrace.ringbuffer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The loaded models. Read by doors and by decode, from any thread, without locks; written by the
 * engine's control path.
 */
public interface ModelCatalog {
    /** The model of that name, or null. */
    @Nullable ModelEntry find(String name);

    /** All models, by name. */
    List<ModelEntry> all();
}

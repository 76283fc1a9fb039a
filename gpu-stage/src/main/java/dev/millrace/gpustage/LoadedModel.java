package dev.millrace.gpustage;

import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ModelEntry;

/**
 * A model that is ready: the lane to add to the pipeline, and then the entry to put into the
 * catalog.
 *
 * <p>Whoever does not add the lane closes it.
 *
 * @param weights how the weights of linear layers are held, for the log: {@code float32}, {@code
 *     float16} or {@code as stored}
 */
public record LoadedModel(ModelEntry entry, Lane lane, String weights) {}

package dev.millrace.gpustage;

import dev.millrace.gpustage.lane.ReplayableLane;
import dev.millrace.ringbuffer.ModelEntry;

/**
 * A model that is ready: the lane to add to the pipeline, and then the entry to put into the
 * catalog.
 *
 * <p>Whoever does not add the lane closes it.
 *
 * @param weights how the weights of linear layers are held: a format's name, such as {@code
 *     float32} or {@code plain-bfloat16}, or {@code as stored}
 * @param measured what was measured to choose that, for the log; empty where it was configured
 */
public record LoadedModel(ModelEntry entry, ReplayableLane lane, String weights, String measured) {}

package dev.millrace.gpustage;

import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ModelEntry;

/**
 * A model that is ready: the lane to add to the pipeline, and then the entry to put into the
 * catalog.
 *
 * <p>Whoever does not add the lane closes it.
 */
public record LoadedModel(ModelEntry entry, Lane lane) {}

/**
 * Checkpoints on disk: safetensors files and the index of a sharded checkpoint.
 *
 * <p>Runs on the thread that loads a model; a mapping is then read by that model's lane.
 */
@NullMarked
package dev.millrace.gpustage.weights;

import org.jspecify.annotations.NullMarked;

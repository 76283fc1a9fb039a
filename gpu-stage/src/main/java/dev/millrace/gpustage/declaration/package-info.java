/**
 * What a folder says about a tensor model's inputs, outputs and batching: {@code model.yaml}, or
 * Triton's {@code config.pbtxt}.
 *
 * <p>Read by the thread that loads a model; plain Java.
 */
@NullMarked
package dev.millrace.gpustage.declaration;

import org.jspecify.annotations.NullMarked;

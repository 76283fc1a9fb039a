/**
 * LibTorch behind a narrow door: natives, memory scopes, values and copies.
 *
 * <p>A tensor is used only by the thread that made it, which is the thread of its model's lane.
 */
@NullMarked
package dev.millrace.gpustage.torch;

import org.jspecify.annotations.NullMarked;

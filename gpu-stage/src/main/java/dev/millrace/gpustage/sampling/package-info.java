/**
 * From logits to a token, and from tokens to the end of a text.
 *
 * <p>Plain Java without LibTorch; runs on the lane's thread.
 */
@NullMarked
package dev.millrace.gpustage.sampling;

import org.jspecify.annotations.NullMarked;

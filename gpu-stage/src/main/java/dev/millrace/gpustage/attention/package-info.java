/**
 * Attention of single tokens over KV-cache blocks, on a processor's vectors: {@link
 * dev.millrace.gpustage.attention.PagedAttention}.
 *
 * <p>Knows nothing of models or LibTorch, and alone names the Vector API.
 */
@NullMarked
package dev.millrace.gpustage.attention;

import org.jspecify.annotations.NullMarked;

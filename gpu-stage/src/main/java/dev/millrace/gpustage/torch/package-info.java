/**
 * LibTorch behind a narrow door: natives, memory scopes, values and copies.
 *
 * <p>A tensor is used by the thread that made it: its model's lane, or a partner that computes a
 * part of a step. Weights and cache blocks are every part's.
 */
@NullMarked
package dev.millrace.gpustage.torch;

import org.jspecify.annotations.NullMarked;

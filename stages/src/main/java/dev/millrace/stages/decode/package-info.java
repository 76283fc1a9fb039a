/**
 * Bytes of a request to token ids or tensors, one decoder per protocol. Runs on: the {@code decode}
 * thread, beside the journal; so nothing here reads a clock or a random source.
 */
@NullMarked
package dev.millrace.stages.decode;

import org.jspecify.annotations.NullMarked;

/**
 * From replies to bytes for a sink: tokens to text, text and tensors to the answers of each
 * protocol. Runs on: the {@code reply} thread, all of it.
 */
@NullMarked
package dev.millrace.stages.reply;

import org.jspecify.annotations.NullMarked;

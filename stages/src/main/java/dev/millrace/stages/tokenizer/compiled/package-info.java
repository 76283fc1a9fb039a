/**
 * Text to token ids, compiled from a tokenizer.json. A text goes through here as UTF-8 bytes: added
 * tokens are cut out, the rest is normalized, cut into words, and each word becomes ids. Made on
 * the control path; runs on decode, where nothing is allocated once buffers have grown.
 */
@NullMarked
package dev.millrace.stages.tokenizer.compiled;

import org.jspecify.annotations.NullMarked;

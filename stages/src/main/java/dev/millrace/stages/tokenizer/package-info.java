/**
 * Text to token ids and back, from a checkpoint's tokenizer.json. Encoding runs on decode, bytes of
 * tokens on lanes and reply.
 */
@NullMarked
package dev.millrace.stages.tokenizer;

import org.jspecify.annotations.NullMarked;

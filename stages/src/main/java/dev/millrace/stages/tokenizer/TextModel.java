package dev.millrace.stages.tokenizer;

import dev.millrace.ringbuffer.TokenBytes;
import org.jspecify.annotations.Nullable;

/**
 * The text side of one model folder.
 *
 * @param tokenizer text to ids; used by decode only
 * @param tokenBytes ids to bytes; shared
 * @param chatTemplate messages to prompt text; null where the folder has none
 */
public record TextModel(
        Tokenizer tokenizer, TokenBytes tokenBytes, @Nullable ChatTemplate chatTemplate) {}

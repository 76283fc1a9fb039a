package dev.millrace.stages.tokenizer;

import dev.millrace.ringbuffer.TokenBytes;
import org.jspecify.annotations.Nullable;

/**
 * The text side of one model folder.
 *
 * @param tokenizer text to ids; used by decode only
 * @param notCompiled what the tokenizer.json asks for that Hugging Face's own tokenizers must do;
 *     null where the text is encoded by {@code stages.tokenizer.compiled}
 * @param tokenBytes ids to bytes; shared
 * @param chatTemplate messages to prompt text; null where the folder has none
 */
public record TextModel(
        Tokenizer tokenizer,
        @Nullable String notCompiled,
        TokenBytes tokenBytes,
        @Nullable ChatTemplate chatTemplate) {}

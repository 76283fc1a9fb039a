package dev.millrace.stages.tokenizer;

import java.util.List;
import java.util.Map;

/** A model's {@code chat_template}: messages to prompt text. Used by decode only. */
public interface ChatTemplate {
    /**
     * @param messages {@code role}, {@code content} and what else the request's messages hold
     * @param addGenerationPrompt whether the text ends where the assistant begins
     * @throws IllegalArgumentException with the template's own words where it raises an exception
     *     or cannot be rendered
     */
    String render(List<Map<String, Object>> messages, boolean addGenerationPrompt);
}

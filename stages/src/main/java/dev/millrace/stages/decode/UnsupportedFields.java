package dev.millrace.stages.decode;

import tools.jackson.core.JsonToken;

/**
 * Fields of OpenAI and vLLM that would change the answer and are not supported: only the value that
 * changes nothing is accepted. {@code null} counts as absent and never comes here.
 */
final class UnsupportedFields {
    private UnsupportedFields() {}

    /**
     * Refuses what is not neutral.
     *
     * @return whether the field is one of these, and its value was read
     */
    static boolean check(String name, JsonReader json) {
        switch (name) {
            case "length_penalty" -> one(json);
            case "include_stop_str_in_output", "use_beam_search", "continue_final_message" ->
                    only(json, false);
            case "skip_special_tokens", "spaces_between_special_tokens" -> only(json, true);
            case "bad_words", "tools", "functions", "documents", "chat_template_kwargs" ->
                    empty(json);
            case "tool_choice", "function_call" -> text(json, "none");
            case "modalities" -> modalities(json);
            case "suffix",
                    "audio",
                    "web_search_options",
                    "moderation",
                    "prompt_embeds",
                    "truncate_prompt_tokens",
                    "allowed_token_ids",
                    "logits_processors",
                    "chat_template",
                    "guided_grammar",
                    "thinking_token_budget" ->
                    throw refused(json, "null");
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void one(JsonReader json) {
        if (json.number("1 (not supported)") != 1) {
            throw refused(json, "1");
        }
    }

    private static void only(JsonReader json, boolean neutral) {
        if (json.bool() != neutral) {
            throw refused(json, Boolean.toString(neutral));
        }
    }

    private static void text(JsonReader json, String neutral) {
        if (!json.isString() || !json.string(neutral).equals(neutral)) {
            throw refused(json, '"' + neutral + '"');
        }
    }

    private static void empty(JsonReader json) {
        boolean array = json.isArray();
        if (!array && !json.isObject()) {
            throw refused(json, "null or empty");
        }
        BadRequest refusal = refused(json, "null or empty");
        JsonToken first = json.advance();
        if (first != (array ? JsonToken.END_ARRAY : JsonToken.END_OBJECT)) {
            throw refusal;
        }
    }

    private static void modalities(JsonReader json) {
        if (!json.isArray()) {
            throw json.unexpected("[\"text\"]");
        }
        while (json.advance() != JsonToken.END_ARRAY) {
            text(json, "text");
        }
    }

    private static BadRequest refused(JsonReader json, String neutral) {
        return json.unexpected(neutral + " (anything else is not supported)");
    }
}

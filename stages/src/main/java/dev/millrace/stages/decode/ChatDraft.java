package dev.millrace.stages.decode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * The {@code messages} of a chat request, as a chat template takes them: roles and text. Made anew
 * for each request, since templates may keep what they are given.
 */
final class ChatDraft {
    private static final String ROLES = "\"system\", \"developer\", \"user\" or \"assistant\"";
    private static final String CONTENT = "a string or an array of text parts";

    private final List<Map<String, Object>> messages = new ArrayList<>();
    private long chars;

    List<Map<String, Object>> messages() {
        return messages;
    }

    /** The content of the last message, if it is the assistant's; else null. */
    @Nullable String lastOfAssistant() {
        Map<String, Object> last = messages.getLast();
        return "assistant".equals(last.get("role")) ? (String) last.get("content") : null;
    }

    /** Characters of all contents together. */
    long chars() {
        return chars;
    }

    void read(JsonReader json) {
        messages.clear();
        chars = 0;
        if (!json.isArray()) {
            throw json.unexpected("an array of messages");
        }
        while (json.advance() != JsonToken.END_ARRAY) {
            if (messages.size() == DecodeLimits.MAX_MESSAGES) {
                throw BadRequest.invalid(
                        "messages: expected at most " + DecodeLimits.MAX_MESSAGES, "messages");
            }
            if (!json.isObject()) {
                throw json.unexpected("a message: an object with role and content");
            }
            messages.add(message(json));
        }
        if (messages.isEmpty()) {
            throw BadRequest.invalid(
                    "messages: expected at least one message, got an empty array", "messages");
        }
    }

    private Map<String, Object> message(JsonReader json) {
        String path = json.path();
        String role = null;
        String content = null;
        String name = null;
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "role" -> role = role(json);
                case "content" -> content = content(json);
                case "name" -> name = json.isNull() ? null : json.string("a string");
                case "tool_calls", "function_call", "audio", "refusal" -> absent(json);
                default -> json.skip();
            }
        }
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("role", given(role, path, "role", ROLES));
        String text = given(content, path, "content", CONTENT);
        message.put("content", text);
        if (name != null) {
            message.put("name", name);
        }
        chars += text.length();
        return message;
    }

    private static String given(
            @Nullable String value, String path, String field, String accepted) {
        if (value == null) {
            throw BadRequest.invalid(
                    path + "." + field + ": missing; expected " + accepted, path + "." + field);
        }
        return value;
    }

    /** OpenAI's {@code developer} is what templates call {@code system}. */
    private static String role(JsonReader json) {
        String role = json.string(ROLES);
        return switch (role) {
            case "system", "user", "assistant" -> role;
            case "developer" -> "system";
            default -> throw json.unexpected(ROLES);
        };
    }

    private static String content(JsonReader json) {
        if (json.isString()) {
            return json.string(CONTENT);
        }
        if (!json.isArray()) {
            throw json.unexpected(CONTENT);
        }
        StringBuilder text = new StringBuilder();
        boolean first = true;
        while (json.advance() != JsonToken.END_ARRAY) {
            if (!first) {
                // As vLLM joins the parts for templates that take strings.
                text.append('\n');
            }
            text.append(part(json));
            first = false;
        }
        if (first) {
            throw BadRequest.invalid(
                    json.path() + ": expected at least one text part, got an empty array",
                    json.path());
        }
        return text.toString();
    }

    private static String part(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("a part such as {\"type\": \"text\", \"text\": \"…\"}");
        }
        String type = null;
        String text = null;
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "type" -> {
                    type = json.string("\"text\"");
                    if (!type.equals("text")) {
                        throw json.unexpected("\"text\" (other parts are not supported)");
                    }
                }
                case "text" -> text = json.string("a string");
                default -> json.skip();
            }
        }
        if (type == null) {
            throw json.missing("type", "\"text\"");
        }
        if (text == null) {
            throw json.missing("text", "a string");
        }
        return text;
    }

    private static void absent(JsonReader json) {
        if (json.isNull()) {
            return;
        }
        BadRequest refusal = json.unexpected("null or empty (not supported)");
        if (!json.isArray() || json.advance() != JsonToken.END_ARRAY) {
            throw refusal;
        }
    }
}

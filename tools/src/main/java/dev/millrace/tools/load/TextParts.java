package dev.millrace.tools.load;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The choices of a completion or of a chat, put together from one JSON object or from the chunks of
 * a stream. One thread.
 */
final class TextParts {
    private final Map<Integer, Part> parts = new TreeMap<>();
    private Answer.@Nullable Usage usage;

    private static final class Part {
        final StringBuilder text = new StringBuilder();
        @Nullable IntArrayList ids;
        String finish = "";
    }

    /** Takes an object or a chunk; returns whether it brought text or ids. */
    boolean accept(JsonNode object) {
        boolean brought = false;
        for (JsonNode choice : object.path("choices")) {
            brought |= accept(part(choice.path("index").asInt(0)), choice);
        }
        JsonNode used = object.path("usage");
        if (used.isObject()) {
            usage =
                    new Answer.Usage(
                            used.path("prompt_tokens").asInt(0),
                            used.path("completion_tokens").asInt(0),
                            used.path("prompt_tokens_details").path("cached_tokens").asInt(0));
        }
        return brought;
    }

    private Part part(int index) {
        return parts.computeIfAbsent(index, any -> new Part());
    }

    private static boolean accept(Part part, JsonNode choice) {
        int before = part.text.length();
        part.text.append(text(choice.path("text")));
        part.text.append(text(choice.path("delta").path("content")));
        part.text.append(text(choice.path("message").path("content")));
        JsonNode ids = choice.path("token_ids");
        if (ids.isArray()) {
            IntArrayList all = part.ids == null ? new IntArrayList() : part.ids;
            ids.forEach(id -> all.addInt(id.asInt(-1)));
            part.ids = all;
        }
        JsonNode finish = choice.path("finish_reason");
        if (finish.isString()) {
            part.finish = finish.stringValue();
        }
        return part.text.length() > before || !ids.isEmpty();
    }

    private static String text(JsonNode node) {
        return node.isString() ? node.stringValue() : "";
    }

    /** What has come, with that status. */
    Answer answer(int status, String problem) {
        Map<Integer, Answer.Choice> choices = new TreeMap<>();
        parts.forEach((index, part) ->
                choices.put(index, new Answer.Choice(part.text.toString(), part.ids, part.finish)));
        return new Answer(status, choices, usage, List.of(), problem);
    }
}

package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Server-sent events as OpenAI's clients expect them: {@code data:} lines, then an empty one. */
final class Sse {
    private static final String DONE = "[DONE]";

    private Sse() {}

    /** The JSON of every event; fails where the stream does not end in {@code data: [DONE]}. */
    static List<JsonNode> chunks(String stream) {
        List<String> data = data(stream);
        assertThat(data).as("events of %s", stream).isNotEmpty();
        assertThat(data.getLast()).as("last event").isEqualTo(DONE);
        return data.subList(0, data.size() - 1).stream().map(Json::parse).toList();
    }

    /** The data of every event, in order. Comments are passed over; other fields are not known. */
    static List<String> data(String stream) {
        assertThat(stream).as("end of stream").endsWith("\n\n");
        var data = new ArrayList<String>();
        for (String event : stream.split("\n\n", -1)) {
            if (!event.isEmpty() && !event.startsWith(":")) {
                String line = event.startsWith("id: ") ? event.replaceFirst(".*\n", "") : event;
                assertThat(line).startsWith("data: ").doesNotContain("\n");
                data.add(line.substring("data: ".length()));
            }
        }
        return data;
    }

    /** Every event as it was sent, with the empty line that ends it. */
    static List<String> events(String stream) {
        assertThat(stream).as("end of stream").endsWith("\n\n");
        return Arrays.stream(stream.split("(?<=\n\n)", -1)).filter(e -> !e.isEmpty()).toList();
    }

    /** The id of an event, or the empty string. */
    static String id(String event) {
        return event.startsWith("id: ") ? event.substring(4, event.indexOf('\n')) : "";
    }

    /** The text of a completion's chunks for its first choice, joined. */
    static String completionText(List<JsonNode> chunks) {
        var text = new StringBuilder();
        for (JsonNode chunk : chunks) {
            for (JsonNode choice : chunk.path("choices")) {
                text.append(choice.path("text").stringValue());
            }
        }
        return text.toString();
    }
}

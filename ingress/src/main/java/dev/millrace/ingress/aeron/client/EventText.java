package dev.millrace.ingress.aeron.client;

import org.agrona.DirectBuffer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the text out of an event, for programs that need no more of it. Stateless. */
public final class EventText {
    private EventText() {}

    /**
     * The text of an event's first choice, of a completion or of a chat; empty where it has none.
     */
    public static String of(DirectBuffer event, int offset, int length) {
        byte[] bytes = new byte[length];
        event.getBytes(offset, bytes);
        JsonNode choice = JsonMapper.shared().readTree(bytes).path("choices").path(0);
        String text = choice.path("text").asString("");
        return text.isEmpty() ? choice.path("delta").path("content").asString("") : text;
    }
}

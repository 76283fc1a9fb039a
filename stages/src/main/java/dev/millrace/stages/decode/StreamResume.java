package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.HeadLines;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.stages.protocol.StreamPosition;

/**
 * The header {@code Last-Event-ID} (HTML, "Server-sent events"): the client has the stream up to
 * that event and asks for the rest. Stateless.
 */
final class StreamResume {
    private static final byte[] LINE = HeadLines.name("last-event-id");
    private static final String HEADER = "Last-Event-ID";

    private StreamResume() {}

    /**
     * Writes where the stream is to go on into the context of a decoded request.
     *
     * @throws BadRequest where the request does not stream, or no event of it can have that id
     */
    static void read(RequestSlot slot, RequestContext context) {
        String text = HeadLines.text(slot.head.buffer(), slot.head.length(), LINE);
        if (text == null) {
            return;
        }
        if (!context.stream) {
            throw BadRequest.invalid(
                    HEADER + ": only accepted together with \"stream\": true", HEADER);
        }
        StreamPosition position = StreamPosition.read(text);
        if (position == null || position.answerId() == 0) {
            throw BadRequest.invalid(
                    HEADER
                            + ": expected the id of an event of this server's, got \""
                            + JsonReader.clipped(text)
                            + '"',
                    HEADER);
        }
        if (position.choices() != context.runs) {
            throw BadRequest.invalid(
                    HEADER
                            + ": the stream named has "
                            + position.choices()
                            + " choices, but this request asks for "
                            + context.runs,
                    HEADER);
        }
        context.resumes = position.answerId();
        context.position = position;
    }
}

package dev.millrace.ingress.aeron.client;

import dev.millrace.ingress.aeron.frame.TextField;
import java.nio.charset.StandardCharsets;

/**
 * What goes with a request beside its body; the same as over HTTP. Immutable; make one and use it
 * again.
 */
public final class CallOptions {
    /** Nothing. */
    public static final CallOptions NONE = new CallOptions(new byte[TextField.COUNT][0], 0);

    private final byte[][] texts;
    private final int deadlineMillis;

    private CallOptions(byte[][] texts, int deadlineMillis) {
        this.texts = texts;
        this.deadlineMillis = deadlineMillis;
    }

    /** An answer after that many milliseconds is worth nothing; from 1 on. */
    public CallOptions deadlineMillis(int millis) {
        if (millis < 1) {
            throw new IllegalArgumentException("deadline: expected 1 or more, got " + millis);
        }
        return new CallOptions(texts, millis);
    }

    /** W3C trace context. */
    public CallOptions traceparent(String value) {
        return with(TextField.TRACEPARENT, value);
    }

    /** The client's own name for the request, by which the journal finds it. */
    public CallOptions requestId(String value) {
        return with(TextField.REQUEST_ID, value);
    }

    /** Executed once, however often it is sent. */
    public CallOptions idempotencyKey(String value) {
        return with(TextField.IDEMPOTENCY_KEY, value);
    }

    /** Goes on behind that event of an earlier stream. */
    public CallOptions lastEventId(String value) {
        return with(TextField.LAST_EVENT_ID, value);
    }

    private CallOptions with(TextField field, String value) {
        byte[] bytes = encoded(field, value);
        byte[][] copy = texts.clone();
        copy[field.ordinal()] = bytes;
        return new CallOptions(copy, deadlineMillis);
    }

    /** As it stands in a frame; throws where that field cannot hold it. */
    static byte[] encoded(TextField field, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > field.maxBytes()) {
            throw new IllegalArgumentException(
                    field.label()
                            + ": expected at most "
                            + field.maxBytes()
                            + " bytes, got "
                            + bytes.length);
        }
        return bytes;
    }

    byte[] text(TextField field) {
        return texts[field.ordinal()];
    }

    int deadlineMillis() {
        return deadlineMillis;
    }
}

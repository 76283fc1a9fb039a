package dev.millrace.ingress.aeron.client;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;

/** A request that runs, and what has come of an answer in several frames. Used again. */
final class OpenCall {
    private static final int KEPT_BYTES = 1 << 20;

    long id;
    @Nullable AnswerHandler answers;
    @Nullable TokenHandler tokens;

    /** The stream said that it failed. */
    boolean failed;

    private ExpandableArrayBuffer parts = new ExpandableArrayBuffer();
    private int length;

    void begin(long id, @Nullable AnswerHandler answers, @Nullable TokenHandler tokens) {
        this.id = id;
        this.answers = answers;
        this.tokens = tokens;
        failed = false;
        length = 0;
        if (parts.capacity() > KEPT_BYTES) {
            parts = new ExpandableArrayBuffer();
        }
    }

    RefusalHandler refusals() {
        RefusalHandler handler = answers == null ? tokens : answers;
        if (handler == null) {
            throw new IllegalStateException("a call without a handler");
        }
        return handler;
    }

    void add(DirectBuffer from, int offset, int bytes) {
        parts.putBytes(length, from, offset, bytes);
        length += bytes;
    }

    DirectBuffer parts() {
        return parts;
    }

    /** Bytes in {@link #parts}. */
    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }
}

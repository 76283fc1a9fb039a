package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** A sink that keeps what one client would get, and checks that it gets it in order. */
public final class RecordingReplySink implements ReplySink {
    /** What became of the exchange. */
    public enum State {
        OPEN,
        STREAMING,
        ENDED,
        ABORTED
    }

    private final List<String> pieces = new ArrayList<>();
    private State state = State.OPEN;
    private int status;
    private @Nullable ContentType type;
    private int inferenceHeaderLength = -1;
    private byte[] body = {};
    private int flushes;
    private int unflushed;

    @Override
    public void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length) {
        expect(State.OPEN);
        this.status = status;
        this.type = type;
        this.inferenceHeaderLength = inferenceHeaderLength;
        append(bytes, offset, length);
        state = State.ENDED;
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {
        expect(State.OPEN);
        this.status = 200;
        this.type = type;
        state = State.STREAMING;
    }

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {
        expect(State.STREAMING);
        append(bytes, offset, length);
    }

    @Override
    public void endStream(RequestContext context) {
        expect(State.STREAMING);
        state = State.ENDED;
        unflushed++;
    }

    @Override
    public void abort(RequestContext context) {
        state = State.ABORTED;
        unflushed++;
    }

    @Override
    public void flush() {
        flushes++;
        unflushed = 0;
    }

    private void expect(State expected) {
        if (state != expected) {
            throw new AssertionError("sink is " + state + ", not " + expected);
        }
    }

    private void append(DirectBuffer bytes, int offset, int length) {
        byte[] longer = new byte[body.length + length];
        System.arraycopy(body, 0, longer, 0, body.length);
        bytes.getBytes(offset, longer, body.length, length);
        pieces.add(new String(longer, body.length, length, StandardCharsets.UTF_8));
        body = longer;
        unflushed++;
    }

    public State state() {
        return state;
    }

    public int status() {
        return status;
    }

    public @Nullable ContentType type() {
        return type;
    }

    public int inferenceHeaderLength() {
        return inferenceHeaderLength;
    }

    /** All bytes so far. */
    public byte[] bytes() {
        return body.clone();
    }

    /** All bytes so far, as text. */
    public String body() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** The text of each call that carried bytes. */
    public List<String> pieces() {
        return List.copyOf(pieces);
    }

    /** The data of each server-sent event. */
    public List<String> events() {
        var events = new ArrayList<String>();
        for (String event : body().split("\n\n", -1)) {
            if (!event.isEmpty()) {
                if (!event.startsWith("data: ")) {
                    throw new AssertionError("not an event: " + event);
                }
                events.add(event.substring("data: ".length()));
            }
        }
        return events;
    }

    public int flushes() {
        return flushes;
    }

    /** Calls since the last flush. */
    public int unflushed() {
        return unflushed;
    }
}

package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ringbuffer.Route;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A whole message where it lies, and whose it is. One object for one message after the other. Runs
 * on: the door's thread.
 */
final class Message {
    AeronSession session;
    DirectBuffer buffer;
    int at;
    int length;

    Message(AeronSession session, DirectBuffer buffer) {
        this.session = session;
        this.buffer = buffer;
    }

    Message wrap(AeronSession session, DirectBuffer buffer, int at, int length) {
        this.session = session;
        this.buffer = buffer;
        this.at = at;
        this.length = length;
        return this;
    }

    // ---- Of {@link Frame#MIN_BYTES} or more.

    byte version() {
        return buffer.getByte(at + Frame.VERSION_OFFSET);
    }

    byte type() {
        return buffer.getByte(at + Frame.TYPE_OFFSET);
    }

    long correlation() {
        return buffer.getLong(at + Frame.CORRELATION_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    /** Null where the message ends before it, or names none. */
    @Nullable Route route() {
        return length < RequestFrame.HEADER_BYTES ? null : RequestFrame.route(buffer, at);
    }

    // ---- Of a checked request.

    int bodyLength() {
        return RequestFrame.bodyLength(buffer, at);
    }

    int bodyOffset() {
        return at + RequestFrame.HEADER_BYTES + RequestFrame.textLengths(buffer, at);
    }
}

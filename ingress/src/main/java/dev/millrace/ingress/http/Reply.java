package dev.millrace.ingress.http;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One thing the reply thread asks an I/O thread to do for a call, with a copy of its bytes. Pooled:
 * filled by the reply thread, used up by the I/O thread.
 */
final class Reply {
    /** What is asked. */
    enum Kind {
        /** Bytes of an answer that goes on. */
        PART,
        /** Bytes that end an answer; there may be none. */
        LAST,
        /** The answer cannot be completed. */
        ABORT,
        /** The client reads too slowly. */
        DROP
    }

    /** An array above this is not kept for reuse. */
    private static final int KEPT_BYTES = 8 << 10;

    private static final int INITIAL_BYTES = 512;

    Kind kind = Kind.PART;
    int length;

    /** Bytes already written. Written by: the I/O thread. */
    int written;

    /** The link of whatever list it is in. */
    @Nullable Reply next;

    private byte[] bytes = new byte[INITIAL_BYTES];
    private @Nullable HttpExchangeCall call;

    /** Called by the thread that hands the reply over. */
    Reply fill(
            HttpExchangeCall call, Kind kind, @Nullable DirectBuffer from, int offset, int length) {
        this.call = call;
        this.kind = kind;
        this.length = length;
        this.written = 0;
        if (bytes.length < length) {
            bytes = new byte[length];
        }
        if (from != null) {
            from.getBytes(offset, bytes, 0, length);
        }
        return this;
    }

    HttpExchangeCall call() {
        HttpExchangeCall present = call;
        if (present == null) {
            throw new IllegalStateException("reply used before it was filled");
        }
        return present;
    }

    /** Copies as much of what is not written as fits. */
    void copyTo(ByteBuffer into) {
        into.put(bytes, written, Math.min(length - written, into.remaining()));
    }

    /** Forgets the call, and a large array. */
    void clear() {
        call = null;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[INITIAL_BYTES];
        }
    }
}

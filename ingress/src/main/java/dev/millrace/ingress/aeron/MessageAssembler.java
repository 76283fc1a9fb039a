package dev.millrace.ingress.aeron;

import io.aeron.logbuffer.FrameDescriptor;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts the fragments of one client's long messages together, within bounds that Aeron's own
 * assembler does not have: it would grow for as long as fragments come. Runs on: the door's thread.
 */
final class MessageAssembler {
    private static final int FIRST_BYTES = 64 << 10;

    /** A buffer longer than that is let go of when its message is whole. */
    private static final int KEPT_BYTES = 1 << 20;

    private final int maxBytes;
    private final Budget budget;
    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private int length;
    private boolean within;
    private boolean cut;
    private boolean tooLong;

    /** Bytes that all clients' unfinished messages may take. */
    static final class Budget {
        private long left;

        Budget(long bytes) {
            left = bytes;
        }
    }

    /**
     * @param maxBytes of a message; of a longer one, the beginning is kept
     */
    MessageAssembler(int maxBytes, Budget budget) {
        this.maxBytes = maxBytes;
        this.budget = budget;
    }

    /**
     * Takes a fragment of a message that has several.
     *
     * @param flags of its Aeron header
     * @return whether the message is over; then see {@link #cut} and {@link #buffer}, and call
     *     {@link #done}
     */
    boolean add(byte flags, DirectBuffer from, int offset, int bytes) {
        if ((flags & FrameDescriptor.BEGIN_FRAG_FLAG) != 0) {
            length = 0;
            cut = false;
            tooLong = false;
            within = true;
        }
        // A client that was joined in the middle of a message, or sends no beginnings.
        if (!within) {
            return false;
        }
        tooLong |= length + (long) bytes > maxBytes;
        if (!cut && !tooLong && room(length + bytes)) {
            buffer.putBytes(length, from, offset, bytes);
            length += bytes;
        } else {
            cut = true;
        }
        return (flags & FrameDescriptor.END_FRAG_FLAG) != 0;
    }

    private boolean room(int bytes) {
        int capacity = buffer.capacity();
        if (bytes <= capacity) {
            return true;
        }
        int wanted =
                (int) Math.min(maxBytes, Math.max(FIRST_BYTES, Math.max(bytes, 2L * capacity)));
        if (wanted - capacity > budget.left) {
            return false;
        }
        budget.left -= wanted - capacity;
        byte[] larger = new byte[wanted];
        buffer.getBytes(0, larger, 0, length);
        buffer.wrap(larger);
        return true;
    }

    /** Whether there was no room for all of it. */
    boolean cut() {
        return cut;
    }

    /** Whether it went beyond the longest message there may be; else memory was short. */
    boolean tooLong() {
        return tooLong;
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    /** Bytes that were kept. */
    int length() {
        return length;
    }

    void done() {
        within = false;
        length = 0;
        if (buffer.capacity() > KEPT_BYTES) {
            free();
        }
    }

    /** Gives its memory back. */
    void free() {
        budget.left += buffer.capacity();
        buffer.wrap(0, 0);
    }
}

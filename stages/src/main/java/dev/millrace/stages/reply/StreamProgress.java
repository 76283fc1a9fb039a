package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.StreamPosition;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How far one stream has come, how much of it its client had before, and the ids of its events. One
 * thread.
 */
final class StreamProgress {
    private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int LONG_DIGITS = 16;
    private static final int INT_DIGITS = 8;

    private final StreamPosition now;
    private final @Nullable StreamPosition before;

    /** Choices whose tokens have not all come again that the client has. */
    private int behind;

    /**
     * What is left of the client's sum: 0 once nothing is {@link #behind}, if all came out equal.
     */
    private int difference;

    private StreamProgress(RequestContext context, @Nullable StreamPosition before) {
        this.before = before;
        now = StreamPosition.begin(context.answerId(), context.runs);
        if (before != null) {
            difference = before.sum();
            for (int i = 0; i < context.runs; i++) {
                behind++;
                reach(i, before);
            }
        }
    }

    /** Null for a stream that cannot be read on. */
    static @Nullable StreamProgress of(RequestContext context) {
        return context.resumable && context.runs <= StreamPosition.MAX_CHOICES
                ? new StreamProgress(
                        context,
                        context.position instanceof StreamPosition position ? position : null)
                : null;
    }

    /** Whether the client had part of the stream before. */
    boolean resumed() {
        return before != null;
    }

    /** Whether the client had something of that choice before. */
    boolean begun(int choice) {
        return before != null && (before.tokens(choice) > 0 || before.ended(choice));
    }

    /**
     * Counts a reply's tokens.
     *
     * @return how many of them the client has
     */
    int accept(ReplySlot slot) {
        int first = now.tokens(slot.index);
        for (int i = 0; i < slot.count; i++) {
            now.add(slot.index, slot.payload.buffer().getInt(i * Integer.BYTES));
            if (before != null) {
                reach(slot.index, before);
            }
        }
        int had = before == null ? 0 : before.tokens(slot.index) - first;
        return Math.clamp(had, 0, slot.count);
    }

    private void reach(int choice, StreamPosition goal) {
        if (now.tokens(choice) == goal.tokens(choice)) {
            behind--;
            difference -= now.sum(choice);
        }
    }

    /**
     * Whether the client has all that a reply tells of which it has the first {@code had} tokens.
     */
    boolean has(ReplySlot slot, int had) {
        return before != null
                && begun(slot.index)
                && had == slot.count
                && (slot.finish == FinishReason.NONE || before.ended(slot.index));
    }

    /**
     * Whether the tokens that the client has are not the ones that came again.
     *
     * @param last whether no more will come
     */
    boolean parted(boolean last) {
        return behind == 0 ? difference != 0 && before != null : last;
    }

    /** That choice's end is told by the next event. */
    void end(int choice) {
        now.end(choice);
    }

    /** The line that says that the stream has begun, and that nothing of it has come. */
    void writeBeginning(GrowingBytes out) {
        write(StreamPosition.begin(now.answerId(), now.choices()), out);
    }

    /** The line that says where the stream is. */
    void write(GrowingBytes out) {
        write(now, out);
    }

    private static void write(StreamPosition now, GrowingBytes out) {
        out.add(ID, 0, ID.length);
        hex(now.answerId(), LONG_DIGITS, out);
        for (int i = 0; i < now.choices(); i++) {
            out.add((byte) (i == 0 ? '-' : '.'));
            decimal(now.tokens(i), out);
            if (now.ended(i)) {
                out.add((byte) 'e');
            }
        }
        out.add((byte) '-');
        hex(now.sum(), INT_DIGITS, out);
        out.add((byte) '\n');
    }

    private static void hex(long value, int digits, GrowingBytes out) {
        for (int i = digits - 1; i >= 0; i--) {
            out.add(HEX[(int) (value >>> (4 * i)) & 0xF]);
        }
    }

    private static void decimal(int value, GrowingBytes out) {
        if (value >= 10) {
            decimal(value / 10, out);
        }
        out.add((byte) ('0' + value % 10));
    }
}

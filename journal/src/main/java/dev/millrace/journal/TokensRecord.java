package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of one run, in the order in which they were made.
 *
 * <p>After the common fields of {@link OutputRecord}:
 *
 * <pre>
 *   0  1  finish          0 not ended, 1 stop, 2 length, 3 cancelled
 *   1  3  zeros
 *   4  4  hidden tokens   at the end of the run, whose text belongs wholly to the stop
 *   8  4  hidden bytes    at the end of the run's text, that belong to the stop
 *  12  4  count           n
 *  16  4n token ids
 * </pre>
 */
public final class TokensRecord {
    private static final int FINISH = 0;
    private static final int HIDDEN_TOKENS = 4;
    private static final int HIDDEN_BYTES = 8;
    private static final int COUNT = 12;
    private static final int IDS = 16;

    private final DirectBuffer buffer;
    private final int base;

    private TokensRecord(JournalRecord record) {
        this.buffer = record.buffer();
        this.base = OutputRecord.typeOffset(buffer);
    }

    /**
     * Everything but the ids.
     *
     * @return offset at which the ids follow
     */
    static int encode(ReplySlot slot, MutableDirectBuffer to) {
        int base = OutputRecord.encode(slot, to);
        to.putInt(base + FINISH, RecordCodes.of(slot.finish));
        to.putInt(base + HIDDEN_TOKENS, slot.hiddenTokens);
        to.putInt(base + HIDDEN_BYTES, slot.hiddenBytes);
        to.putInt(base + COUNT, slot.count);
        return base + IDS;
    }

    static @Nullable String problem(JournalRecord record) {
        String problem = OutputRecord.problem(record, IDS);
        if (problem != null) {
            return problem;
        }
        TokensRecord tokens = new TokensRecord(record);
        if (RecordCodes.finish(record.buffer().getByte(tokens.base + FINISH)) == null) {
            return "unknown finish reason " + record.buffer().getByte(tokens.base + FINISH);
        }
        long ids = (long) record.partBytes() + JournalRecord.HEADER_BYTES - tokens.base - IDS;
        return tokens.count() < 0 || ids != 4L * tokens.count()
                ? tokens.count() + " token ids in " + ids + " bytes"
                : null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static TokensRecord of(JournalRecord record) {
        if (record.type() != RecordType.OUTPUT_TOKENS) {
            throw new IllegalArgumentException(record.type() + " is not OUTPUT_TOKENS");
        }
        return new TokensRecord(record);
    }

    public FinishReason finish() {
        FinishReason finish = RecordCodes.finish(buffer.getByte(base + FINISH));
        if (finish == null) {
            throw new IllegalStateException("read before it was checked");
        }
        return finish;
    }

    public int hiddenTokens() {
        return buffer.getInt(base + HIDDEN_TOKENS);
    }

    public int hiddenBytes() {
        return buffer.getInt(base + HIDDEN_BYTES);
    }

    public int count() {
        return buffer.getInt(base + COUNT);
    }

    /** The token id at {@code index}, from 0. */
    public int id(int index) {
        if (index < 0 || index >= count()) {
            throw new IndexOutOfBoundsException(index + " of " + count());
        }
        return buffer.getInt(base + IDS + 4 * index);
    }
}

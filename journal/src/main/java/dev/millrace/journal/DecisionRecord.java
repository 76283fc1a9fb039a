package dev.millrace.journal;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the stages decided about a request, before it is acted on: one for every request.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}; a text length of 0xFFFF stands for null:
 *
 * <pre>
 *   0  1  outcome             0 admitted, else why it is refused: {@link RecordCodes}
 *   1  1  1 for a stream, else 0
 *   2  2  zeros
 *   4  4  lane                -1 for none, -2 where the answer is read from the record
 *   8  8  seed                of sampling; the client's, or the one that decode gave it
 *  16  8  settled             requests whose real costs the rate limit knew
 *  24  8  due nanos           of the monotonic clock: when it is executed, company or not
 *  32  4  prompt tokens
 *  36  4  runs
 *  40  4  max tokens          of each run
 *  44  4  batch key           requests of one lane with the same key may be executed together
 *  48  8  repeats             the request whose answer this is to be; 0 for its own
 *  56  2  model name bytes    a
 *  58  2  model version bytes b
 *  60  2  message bytes       c
 *  62  2  param bytes         d
 *  64  a+b+c+d  texts, UTF-8  message and param are null where the request is admitted
 * </pre>
 */
public final class DecisionRecord {
    private static final int OUTCOME_OFFSET = JournalRecord.HEADER_BYTES;
    private static final int STREAM_OFFSET = JournalRecord.HEADER_BYTES + 1;
    private static final int LANE_OFFSET = JournalRecord.HEADER_BYTES + 4;
    private static final int SEED_OFFSET = JournalRecord.HEADER_BYTES + 8;
    private static final int SETTLED_OFFSET = JournalRecord.HEADER_BYTES + 16;
    private static final int DUE_NANOS_OFFSET = JournalRecord.HEADER_BYTES + 24;
    private static final int PROMPT_TOKENS_OFFSET = JournalRecord.HEADER_BYTES + 32;
    private static final int RUNS_OFFSET = JournalRecord.HEADER_BYTES + 36;
    private static final int MAX_TOKENS_OFFSET = JournalRecord.HEADER_BYTES + 40;
    private static final int BATCH_KEY_OFFSET = JournalRecord.HEADER_BYTES + 44;
    private static final int REPEATS_OFFSET = JournalRecord.HEADER_BYTES + 48;
    private static final int MODEL_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 56;
    private static final int VERSION_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 58;
    private static final int MESSAGE_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 60;
    private static final int PARAM_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 62;
    private static final int TEXTS_OFFSET = JournalRecord.HEADER_BYTES + 64;

    private final DirectBuffer buffer;

    private DecisionRecord(JournalRecord record) {
        this.buffer = record.buffer();
    }

    /**
     * Writes the whole part; where {@code hashed} without the message, which may quote what the
     * client sent. On the thread that holds the request, behind every stage that decides.
     *
     * @return where it ends
     */
    static int encode(RequestSlot slot, boolean hashed, MutableDirectBuffer to) {
        RequestContext context = slot.context();
        boolean admitted = context.status == RequestStatus.OK;
        ModelEntry model = context.model;
        // The outcome's byte, the stream's, and the zeros behind them.
        to.putInt(OUTCOME_OFFSET, RecordCodes.of(context.status) | (context.stream ? 1 << 8 : 0));
        to.putInt(LANE_OFFSET, slot.lane);
        to.putLong(SEED_OFFSET, slot.sampling.seed);
        to.putLong(SETTLED_OFFSET, slot.settled);
        to.putLong(DUE_NANOS_OFFSET, slot.dueNanos);
        to.putInt(PROMPT_TOKENS_OFFSET, context.promptTokens);
        to.putInt(RUNS_OFFSET, context.runs);
        to.putInt(MAX_TOKENS_OFFSET, slot.sampling.maxTokens);
        to.putInt(BATCH_KEY_OFFSET, slot.batchKey);
        to.putLong(REPEATS_OFFSET, context.repeats);
        int at = TEXTS_OFFSET;
        at +=
                RecordText.putWithLength(
                        to, MODEL_BYTES_OFFSET, at, model == null ? null : model.name());
        at +=
                RecordText.putWithLength(
                        to, VERSION_BYTES_OFFSET, at, model == null ? null : model.version());
        at +=
                RecordText.putWithLength(
                        to,
                        MESSAGE_BYTES_OFFSET,
                        at,
                        admitted ? null : hashed ? "" : context.errorMessage);
        at +=
                RecordText.putWithLength(
                        to, PARAM_BYTES_OFFSET, at, admitted ? null : context.errorParam);
        return at;
    }

    static @Nullable String problem(JournalRecord record) {
        if (record.partBytes() < TEXTS_OFFSET - JournalRecord.HEADER_BYTES) {
            return "DECISION of " + record.partBytes() + " bytes";
        }
        DecisionRecord decision = new DecisionRecord(record);
        int outcome = record.buffer().getInt(OUTCOME_OFFSET) & ~(1 << 8);
        if (RecordCodes.status(outcome) == null) {
            return "unknown outcome " + outcome;
        }
        int end = decision.textOffset(PARAM_BYTES_OFFSET + 2);
        return end != JournalRecord.HEADER_BYTES + record.partBytes()
                ? "decision ends at " + end + " in a part of " + record.partBytes() + " bytes"
                : null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static DecisionRecord of(JournalRecord record) {
        if (record.type() != RecordType.DECISION) {
            throw new IllegalArgumentException(record.type() + " is not DECISION");
        }
        return new DecisionRecord(record);
    }

    private int lengthField(int lengthOffset) {
        return buffer.getShort(lengthOffset) & 0xFFFF;
    }

    /** Where the text begins whose length stands at {@code lengthOffset}. */
    private int textOffset(int lengthOffset) {
        int at = TEXTS_OFFSET;
        for (int before = MODEL_BYTES_OFFSET; before < lengthOffset; before += 2) {
            at += RecordText.bytes(lengthField(before));
        }
        return at;
    }

    private @Nullable String text(int lengthOffset) {
        return RecordText.get(buffer, textOffset(lengthOffset), lengthField(lengthOffset));
    }

    /** {@link RequestStatus#OK} where the request is admitted, else why it is refused. */
    public RequestStatus outcome() {
        RequestStatus status = RecordCodes.status(buffer.getByte(OUTCOME_OFFSET));
        if (status == null) {
            throw new IllegalStateException("read before it was checked");
        }
        return status;
    }

    /** Whether the request is executed. */
    public boolean admitted() {
        return outcome() == RequestStatus.OK;
    }

    /** Whether the answer is sent as it is made. */
    public boolean stream() {
        return buffer.getByte(STREAM_OFFSET) != 0;
    }

    /** -1 for none; {@link dev.millrace.ringbuffer.Lane#RECORDED} for the record. */
    public int lane() {
        return buffer.getInt(LANE_OFFSET);
    }

    public long seed() {
        return buffer.getLong(SEED_OFFSET);
    }

    /** How many requests' real costs were settled before the rate limit looked at this one. */
    public long settled() {
        return buffer.getLong(SETTLED_OFFSET);
    }

    /** When the request is executed, company or not, on the monotonic clock. */
    public long dueNanos() {
        return buffer.getLong(DUE_NANOS_OFFSET);
    }

    public int promptTokens() {
        return buffer.getInt(PROMPT_TOKENS_OFFSET);
    }

    public int runs() {
        return buffer.getInt(RUNS_OFFSET);
    }

    /** Most tokens of each run. */
    public int maxTokens() {
        return buffer.getInt(MAX_TOKENS_OFFSET);
    }

    public int batchKey() {
        return buffer.getInt(BATCH_KEY_OFFSET);
    }

    /**
     * The request whose answer this is to be: read from the record where {@link #lane} says so,
     * else computed again. 0 for its own.
     */
    public long repeats() {
        return buffer.getLong(REPEATS_OFFSET);
    }

    /** Null where no model was found. */
    public @Nullable String model() {
        return text(MODEL_BYTES_OFFSET);
    }

    public @Nullable String modelVersion() {
        return text(VERSION_BYTES_OFFSET);
    }

    /** What the client is told; null where the request is admitted. */
    public @Nullable String message() {
        return text(MESSAGE_BYTES_OFFSET);
    }

    /** The field at fault, or null. */
    public @Nullable String param() {
        return text(PARAM_BYTES_OFFSET);
    }
}

package dev.millrace.journal;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What all outputs begin with.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}; only a record with {@link JournalRecord#LAST}
 * says what the request used and which model answered, in others these fields are 0 and null:
 *
 * <pre>
 *   0  4  index               which run, text or output tensor
 *   4  4  prompt tokens
 *   8  4  completion tokens
 *  12  4  cached tokens       of the prompt, found in the prefix cache
 *  16  2  model name bytes    a, or 0xFFFF for null
 *  18  2  model version bytes b, or 0xFFFF for null
 *  20  a+b  texts, UTF-8
 *  ..     what the type adds: {@link TokensRecord}, {@link TensorRecord}, {@link FailureRecord}
 * </pre>
 */
public final class OutputRecord {
    static final int INDEX_OFFSET = JournalRecord.HEADER_BYTES;
    static final int PROMPT_TOKENS_OFFSET = JournalRecord.HEADER_BYTES + 4;
    static final int COMPLETION_TOKENS_OFFSET = JournalRecord.HEADER_BYTES + 8;
    static final int CACHED_TOKENS_OFFSET = JournalRecord.HEADER_BYTES + 12;
    static final int MODEL_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 16;
    static final int VERSION_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 18;
    static final int TEXTS_OFFSET = JournalRecord.HEADER_BYTES + 20;

    private final DirectBuffer buffer;

    private OutputRecord(JournalRecord record) {
        this.buffer = record.buffer();
    }

    /**
     * Writes the common part.
     *
     * @return offset at which the type goes on
     */
    static int encode(ReplySlot slot, MutableDirectBuffer to) {
        RequestContext context = slot.context();
        ModelEntry model = slot.last ? context.model : null;
        String name = model == null ? null : model.name();
        String version = model == null ? null : model.version();
        to.putInt(INDEX_OFFSET, slot.index);
        // The lane goes on writing its counts until the request's last reply.
        to.putInt(PROMPT_TOKENS_OFFSET, slot.last ? context.promptTokens : 0);
        to.putInt(COMPLETION_TOKENS_OFFSET, slot.last ? context.completionTokens : 0);
        to.putInt(CACHED_TOKENS_OFFSET, slot.last ? context.cachedTokens : 0);
        int at = TEXTS_OFFSET;
        at += RecordText.putWithLength(to, MODEL_BYTES_OFFSET, at, name);
        at += RecordText.putWithLength(to, VERSION_BYTES_OFFSET, at, version);
        return at;
    }

    static @Nullable String problem(JournalRecord record, int typeBytes) {
        int common = TEXTS_OFFSET - JournalRecord.HEADER_BYTES;
        if (record.partBytes() < common) {
            return record.type() + " of " + record.partBytes() + " bytes";
        }
        int texts = typeOffset(record.buffer()) - TEXTS_OFFSET;
        return record.partBytes() < common + texts + typeBytes
                ? record.type() + " of " + record.partBytes() + " bytes ends within its fields"
                : null;
    }

    /** Where the type's own fields begin. */
    static int typeOffset(DirectBuffer buffer) {
        return TEXTS_OFFSET
                + RecordText.bytes(field(buffer, MODEL_BYTES_OFFSET))
                + RecordText.bytes(field(buffer, VERSION_BYTES_OFFSET));
    }

    static int field(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset) & 0xFFFF;
    }

    /** A view of a sound output record; valid as long as the record is. */
    public static OutputRecord of(JournalRecord record) {
        if (!record.type().output()) {
            throw new IllegalArgumentException(record.type() + " is not an output");
        }
        return new OutputRecord(record);
    }

    /** Which run, text or output. */
    public int index() {
        return buffer.getInt(INDEX_OFFSET);
    }

    /** 0 unless the record is the last. */
    public int promptTokens() {
        return buffer.getInt(PROMPT_TOKENS_OFFSET);
    }

    /** 0 unless the record is the last. */
    public int completionTokens() {
        return buffer.getInt(COMPLETION_TOKENS_OFFSET);
    }

    /** 0 unless the record is the last. */
    public int cachedTokens() {
        return buffer.getInt(CACHED_TOKENS_OFFSET);
    }

    /** The model that answered; null unless the record is the last and a model was found. */
    public @Nullable String model() {
        return RecordText.get(buffer, TEXTS_OFFSET, field(buffer, MODEL_BYTES_OFFSET));
    }

    /** Its version, or null. */
    public @Nullable String modelVersion() {
        int at = TEXTS_OFFSET + RecordText.bytes(field(buffer, MODEL_BYTES_OFFSET));
        return RecordText.get(buffer, at, field(buffer, VERSION_BYTES_OFFSET));
    }
}

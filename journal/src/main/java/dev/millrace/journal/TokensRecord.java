package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of one run, in the order in which they were made, or of a prompt.
 *
 * <p>After the common fields of {@link OutputRecord}:
 *
 * <pre>
 *   0  1  finish          0 not ended, 1 stop, 2 length, 3 cancelled
 *   1  1  1 for tokens of the prompt, else 0
 *   2  1  0 for ids alone, else 1 + alternatives told of beside each token, up to 21
 *   3  1  1 where a digest of each token follows, else 0
 *   4  4  hidden tokens   at the end of the run, whose text belongs wholly to the stop
 *   8  4  hidden bytes    at the end of the run's text, that belong to the stop
 *  12  4  count           n
 *  16  4n token ids, and where told of their log probabilities ({@link TokenLogprobs})
 *  ..  4n digests         CRC-32C of the row of logits, float32, that the token was sampled from
 * </pre>
 *
 * A {@link JournalRecord#HASHED} record has neither; where it ends its run (finish is not 0, and it
 * is not of the prompt) there are 32 bytes instead: SHA-256 over all ids of the run, 4 bytes each,
 * little-endian, those of the prompt left out.
 */
public final class TokensRecord {
    private static final int FINISH = 0;
    private static final int PROMPT = 1;
    private static final int TOP = 2;
    private static final int DIGESTS = 3;
    private static final int HIDDEN_TOKENS = 4;
    private static final int HIDDEN_BYTES = 8;
    private static final int COUNT = 12;
    private static final int IDS = 16;
    private static final int DIGEST_BYTES = 4;

    private final JournalRecord record;
    private final DirectBuffer buffer;
    private final int base;

    private TokensRecord(JournalRecord record) {
        this.record = record;
        this.buffer = record.buffer();
        this.base = OutputRecord.typeOffset(buffer);
    }

    /**
     * Everything but the payload.
     *
     * @return offset at which the payload follows
     */
    static int encode(ReplySlot slot, MutableDirectBuffer to) {
        int base = OutputRecord.encode(slot, to);
        to.putByte(base + FINISH, (byte) RecordCodes.of(slot.finish));
        to.putByte(base + PROMPT, (byte) (slot.prompt ? 1 : 0));
        to.putByte(base + TOP, (byte) (slot.topLogprobs + 1));
        to.putByte(base + DIGESTS, (byte) (slot.digests ? 1 : 0));
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
        return tokens.problem(record.partBytes() + JournalRecord.HEADER_BYTES);
    }

    private @Nullable String problem(int partEnd) {
        int prompt = buffer.getByte(base + PROMPT);
        int top = topLogprobs();
        int digests = buffer.getByte(base + DIGESTS);
        if (((prompt | digests) & ~1) != 0) {
            return "unknown marks of tokens";
        }
        if (top < -1 || top > TokenLogprobs.MAX_TOP) {
            return top + " alternatives beside each token";
        }
        int payload = partEnd - base - IDS;
        if (!idsStored()) {
            int digest = endsRun() ? Sha256.BYTES : 0;
            return count() < 0 || payload != digest
                    ? "hashed tokens in " + payload + " bytes"
                    : null;
        }
        int each = TokenLogprobs.bytes(1, top) + (hasDigests() ? DIGEST_BYTES : 0);
        return count() < 0 || payload != (long) count() * each
                ? count() + " tokens in " + payload + " bytes"
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

    /** Whether the ids are here, and not their SHA-256 alone. */
    public boolean idsStored() {
        return !record.hashed();
    }

    private boolean endsRun() {
        return finish() != FinishReason.NONE && !prompt();
    }

    /** Over all ids of the run that this record ends; null where ids are stored or it goes on. */
    public byte @Nullable [] runSha256() {
        return idsStored() || !endsRun() ? null : record.copy(base + IDS, Sha256.BYTES);
    }

    /** Whether these are tokens of the prompt. */
    public boolean prompt() {
        return buffer.getByte(base + PROMPT) != 0;
    }

    /** Whether each token has a {@link #digest} here. */
    public boolean hasDigests() {
        return buffer.getByte(base + DIGESTS) != 0 && idsStored();
    }

    /**
     * CRC-32C of the row of logits that the token at {@code index} was sampled from, where {@link
     * #hasDigests}.
     */
    public int digest(int index) {
        if (!hasDigests()) {
            throw new IllegalStateException("a record without digests");
        }
        Objects.checkIndex(index, count());
        int digests = base + IDS + TokenLogprobs.bytes(count(), topLogprobs());
        return buffer.getInt(digests + DIGEST_BYTES * index);
    }

    /** Bytes of a payload as a slot holds it. */
    static int payloadBytes(ReplySlot slot) {
        int digests = slot.digests ? slot.count * DIGEST_BYTES : 0;
        return TokenLogprobs.bytes(slot.count, slot.topLogprobs) + digests;
    }

    /** The same, of what is on record. */
    int payloadBytes() {
        int digests = hasDigests() ? count() * DIGEST_BYTES : 0;
        return TokenLogprobs.bytes(count(), topLogprobs()) + digests;
    }

    /** Fills a reply that has room for the payload with what its lane published. */
    void copyTo(ReplySlot slot) {
        slot.count = count();
        slot.finish = finish();
        slot.topLogprobs = topLogprobs();
        slot.digests = hasDigests();
        slot.prompt = prompt();
        slot.hiddenTokens = hiddenTokens();
        slot.hiddenBytes = hiddenBytes();
        slot.payload.buffer().putBytes(0, buffer, base + IDS, payloadBytes());
    }

    /** Alternatives told of beside each token, stored or not; -1 for ids alone. */
    public int topLogprobs() {
        return buffer.getByte(base + TOP) - 1;
    }

    /** Log probability of the token at {@code index}, where {@link #topLogprobs} is at least 0. */
    public float logprob(int index) {
        return TokenLogprobs.logprob(buffer, entry(index));
    }

    /** Rank of the token at {@code index}, likewise. */
    public int rank(int index) {
        return TokenLogprobs.rank(buffer, entry(index));
    }

    /**
     * Alternative {@code place} of the token at {@code index}; {@link TokenLogprobs#NONE} where
     * there are fewer.
     */
    public int topId(int index, int place) {
        Objects.checkIndex(place, topLogprobs());
        return TokenLogprobs.topId(buffer, entry(index), place);
    }

    /** Its log probability. */
    public float topLogprob(int index, int place) {
        Objects.checkIndex(place, topLogprobs());
        return TokenLogprobs.topLogprob(buffer, entry(index), place);
    }

    private int entry(int index) {
        if (topLogprobs() < 0 || !idsStored()) {
            throw new IllegalStateException("a record without log probabilities");
        }
        Objects.checkIndex(index, count());
        return base + IDS + TokenLogprobs.entry(count(), topLogprobs(), index);
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
        if (!idsStored()) {
            throw new IllegalStateException("ids are not on record (journal.store: hash)");
        }
        if (index < 0 || index >= count()) {
            throw new IndexOutOfBoundsException(index + " of " + count());
        }
        return buffer.getInt(base + IDS + 4 * index);
    }
}

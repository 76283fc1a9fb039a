package dev.millrace.ringbuffer;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Layout of a TOKENS payload with log probabilities: {@code count} ids, then one entry per token.
 *
 * <pre>
 *   0          4·count                               4·count + 8 + 8·top
 *   +-- … --+--+-----------+--------+-- … --+--------+-- …
 *   | ids   |  | logprob 0 | rank 0 | top × (id, logprob) | logprob 1 …
 *   +-- … --+--+-----------+--------+-- … --+--------+-- …
 *   int32 and float32, little-endian
 * </pre>
 *
 * Log probabilities are natural logarithms under the model's own distribution, before bias,
 * penalties, temperature and truncation (vLLM's {@code raw_logprobs}). A rank counts from 1, the
 * likeliest token. Alternatives descend by log probability and hold the token itself where it is
 * one of them; behind the last one the id is {@link #NONE}. Nothing comes before the first token of
 * a prompt: its log probability is NaN, its rank 0, and it has no alternatives.
 */
public final class TokenLogprobs {
    /** Most alternatives of one token. */
    public static final int MAX_TOP = 20;

    /** The id where there is no further alternative. */
    public static final int NONE = -1;

    private static final int RANK = 4;
    private static final int TOP = 8;
    private static final int TOP_BYTES = 8;

    private TokenLogprobs() {}

    /** Bytes of a payload of {@code count} tokens; {@code top} of -1 stands for ids alone. */
    public static int bytes(int count, int top) {
        return count * (Integer.BYTES + (top < 0 ? 0 : entryBytes(top)));
    }

    /** Where the entry of the token at {@code index} begins. */
    public static int entry(int count, int top, int index) {
        return count * Integer.BYTES + index * entryBytes(top);
    }

    private static int entryBytes(int top) {
        return TOP + top * TOP_BYTES;
    }

    /** Writes what an entry says of the token itself. */
    public static void put(MutableDirectBuffer buffer, int entry, float logprob, int rank) {
        buffer.putFloat(entry, logprob);
        buffer.putInt(entry + RANK, rank);
    }

    /** Writes the alternative at {@code place}, from 0. */
    public static void putTop(
            MutableDirectBuffer buffer, int entry, int place, int id, float logprob) {
        int at = entry + TOP + place * TOP_BYTES;
        buffer.putInt(at, id);
        buffer.putFloat(at + Integer.BYTES, logprob);
    }

    public static float logprob(DirectBuffer buffer, int entry) {
        return buffer.getFloat(entry);
    }

    public static int rank(DirectBuffer buffer, int entry) {
        return buffer.getInt(entry + RANK);
    }

    public static int topId(DirectBuffer buffer, int entry, int place) {
        return buffer.getInt(entry + TOP + place * TOP_BYTES);
    }

    public static float topLogprob(DirectBuffer buffer, int entry, int place) {
        return buffer.getFloat(entry + TOP + place * TOP_BYTES + Integer.BYTES);
    }
}

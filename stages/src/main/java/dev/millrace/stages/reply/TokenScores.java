package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenLogprobs;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;

/** Tokens with their log probabilities, copied out of replies. Reused. */
final class TokenScores {
    private static final int ID = 0;
    private static final int LOGPROB = 1;
    private static final int RANK = 2;
    private static final int OFFSET = 3;
    private static final int TOP = 4;

    /** Cells that are kept for the next use. */
    private static final int KEPT_CELLS = 16 << 10;

    /** One token after the other, floats as their bits. */
    private IntArrayList cells = new IntArrayList();

    private int top;

    void clear() {
        if (cells.capacity() > KEPT_CELLS) {
            cells = new IntArrayList();
        }
        cells.clear();
        top = 0;
    }

    /**
     * Takes a token of a reply that has log probabilities; all of one run have as many
     * alternatives.
     *
     * @param offset code points before the token's text
     */
    void add(ReplySlot slot, int index, int offset) {
        DirectBuffer payload = slot.payload.buffer();
        int entry = TokenLogprobs.entry(slot.count, slot.topLogprobs, index);
        top = slot.topLogprobs;
        cells.addInt(payload.getInt(index * Integer.BYTES));
        cells.addInt(Float.floatToRawIntBits(TokenLogprobs.logprob(payload, entry)));
        cells.addInt(TokenLogprobs.rank(payload, entry));
        cells.addInt(offset);
        for (int place = 0; place < top; place++) {
            cells.addInt(TokenLogprobs.topId(payload, entry, place));
            float logprob = TokenLogprobs.topLogprob(payload, entry, place);
            cells.addInt(Float.floatToRawIntBits(logprob));
        }
    }

    boolean isEmpty() {
        return cells.isEmpty();
    }

    int count() {
        return cells.size() / (TOP + 2 * top);
    }

    int id(int token) {
        return cell(token, ID);
    }

    /** Natural logarithm; NaN where nothing came before the token. */
    float logprob(int token) {
        return Float.intBitsToFloat(cell(token, LOGPROB));
    }

    /** From 1, the likeliest. */
    int rank(int token) {
        return cell(token, RANK);
    }

    /** Code points before the token's text. */
    int offset(int token) {
        return cell(token, OFFSET);
    }

    /** Alternatives of the token, at most {@code limit}. */
    int alternatives(int token, int limit) {
        int most = Math.min(limit, top);
        int count = 0;
        while (count < most && topId(token, count) != TokenLogprobs.NONE) {
            count++;
        }
        return count;
    }

    int topId(int token, int place) {
        return cell(token, TOP + 2 * place);
    }

    float topLogprob(int token, int place) {
        return Float.intBitsToFloat(cell(token, TOP + 2 * place + 1));
    }

    private int cell(int token, int index) {
        return cells.getInt(token * (TOP + 2 * top) + index);
    }
}

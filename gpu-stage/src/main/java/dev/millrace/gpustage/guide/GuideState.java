package dev.millrace.gpustage.guide;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How far one generation has come in its guide. Owned by the lane's thread; nothing is allocated
 * after the first mask.
 */
public final class GuideState {
    private final Guide guide;
    private final Walk at;
    private final Walk scratch;

    /** What {@link #allowed} answers until the next token; null where it is not known yet. */
    private long @Nullable [] current;

    /** This generation's own mask, for states whose tokens are not all known in advance. */
    private long @Nullable [] own;

    GuideState(Guide guide) {
        this.guide = guide;
        at = new Walk(guide.dfa);
        scratch = new Walk(guide.dfa);
    }

    /**
     * The tokens that may come next, token {@code id} as bit {@code id & 63} of long {@code id >>
     * 6}. The model's end ids are among them exactly where the text may end.
     *
     * <p>No bit is set where the vocabulary has no token to go on with, or where the text must end
     * and the model has no end ids.
     *
     * @return shared: not to be written, and good until the next {@link #accept} or {@link
     *     #copyFrom}
     */
    public long[] allowed() {
        if (current == null) {
            current = mask();
        }
        return current;
    }

    private long[] mask() {
        TokenMasks.Mask mask = guide.masks.of(at.state());
        boolean complete = isComplete();
        if (mask.dense() != null && mask.walked().length == 0 && !complete) {
            return mask.dense();
        }
        long[] bits = own;
        if (bits == null) {
            bits = new long[guide.vocabulary.words()];
            own = bits;
        }
        if (mask.dense() == null) {
            Arrays.fill(bits, 0);
        } else {
            System.arraycopy(mask.dense(), 0, bits, 0, bits.length);
        }
        set(bits, mask.tokens());
        for (int token : mask.walked()) {
            if (walks(token)) {
                bits[token >> 6] |= 1L << token;
            }
        }
        if (complete) {
            set(bits, guide.vocabulary.endIds());
        }
        return bits;
    }

    private static void set(long[] bits, int[] tokens) {
        for (int token : tokens) {
            bits[token >> 6] |= 1L << token;
        }
    }

    private boolean walks(int token) {
        scratch.copyFrom(at);
        return scratch.read(guide.vocabulary.bytesOf(token));
    }

    /** Whether a token may come next: a bit of {@link #allowed}, without making the whole mask. */
    public boolean allows(int token) {
        if (token < 0 || token >= guide.vocabulary.vocabularySize()) {
            return false;
        }
        if (isEndId(token)) {
            return isComplete();
        }
        return guide.vocabulary.bytesOf(token).length > 0 && walks(token);
    }

    /**
     * Takes the token that was chosen. An end id changes nothing.
     *
     * @return false where it is not allowed, and then nothing changes
     */
    public boolean accept(int token) {
        if (!allows(token)) {
            return false;
        }
        if (!isEndId(token)) {
            // allows() has walked it.
            at.copyFrom(scratch);
            current = null;
        }
        return true;
    }

    private boolean isEndId(int token) {
        return Arrays.binarySearch(guide.vocabulary.endIds(), token) >= 0;
    }

    /** Whether the text so far is whole: it may end here. */
    public boolean isComplete() {
        return guide.dfa.accepts(at.state());
    }

    /** Whether the text so far is whole and nothing may follow it. */
    public boolean isFinished() {
        return isComplete() && guide.masks.of(at.state()).isEmpty();
    }

    /** Goes where another state of the same guide is, for drafts that may be taken back. */
    public void copyFrom(GuideState other) {
        if (other.guide != guide) {
            throw new IllegalArgumentException("a state of another guide");
        }
        at.copyFrom(other.at);
        current = null;
    }
}

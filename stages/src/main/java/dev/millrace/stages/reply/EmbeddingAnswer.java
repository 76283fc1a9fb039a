package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySlot;
import java.util.Arrays;

/** The vectors of one request, as they came; texts may end in any order. Reused. */
final class EmbeddingAnswer {
    /** Little-endian float32, one vector after the other. */
    final GrowingBytes vectors = new GrowingBytes(4096);

    private int[] offsets = new int[1];
    private int[] counts = new int[1];
    private int texts;

    void begin(int texts) {
        this.texts = texts;
        if (offsets.length < texts) {
            offsets = new int[texts];
            counts = new int[texts];
        }
        Arrays.fill(counts, 0);
    }

    /** Lets go of what is large. */
    void end() {
        vectors.clear();
    }

    void accept(ReplySlot slot) {
        if (slot.index >= texts) {
            throw new IllegalStateException("vector " + slot.index + " of " + texts);
        }
        offsets[slot.index] = vectors.length();
        counts[slot.index] = slot.count;
        vectors.add(slot.payload.buffer(), 0, slot.count * Float.BYTES);
    }

    int texts() {
        return texts;
    }

    /** Where in {@link #vectors} the vector of that text begins. */
    int offset(int text) {
        if (counts[text] == 0) {
            throw new IllegalStateException("no vector for text " + text);
        }
        return offsets[text];
    }

    /** Floats in the vector of that text. */
    int count(int text) {
        return counts[text];
    }
}

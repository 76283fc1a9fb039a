package dev.millrace.ringbuffer;

import java.util.Arrays;
import org.agrona.collections.IntArrayList;

/**
 * How a generation chooses its tokens and when it ends; reused with its slot. Written by decode,
 * copied by a lane.
 */
public final class SamplingParams {
    /** Softmax temperature; 0 is greedy. */
    public float temperature;

    /** Keep the k most likely tokens; 0 keeps all. */
    public int topK;

    /** Keep the smallest set with at least this probability mass, in (0,1]. */
    public float topP;

    /** Seed of the counter-based generator; decode fixes it where the client gave none. */
    public long seed;

    /** Most tokens to generate; at least 1. */
    public int maxTokens;

    /** Fewest tokens before an end of text or a stop id counts. */
    public int minTokens;

    /** Go on past the model's own end of text. */
    public boolean ignoreEos;

    /** Ids that end a generation, beside the model's own. */
    public final IntArrayList stopIds = new IntArrayList();

    /** Strings that end a generation, as UTF-8; the text ends before them. */
    public byte[][] stopStrings = NO_STRINGS;

    private static final byte[][] NO_STRINGS = new byte[0][];

    /** OpenAI's defaults: temperature 1, top_p 1, 16 tokens. */
    public void reset() {
        temperature = 1f;
        topK = 0;
        topP = 1f;
        seed = 0;
        maxTokens = 16;
        minTokens = 0;
        ignoreEos = false;
        stopIds.clear();
        stopStrings = NO_STRINGS;
    }

    /** Copies everything, so that the slot may be reused. */
    public void copyFrom(SamplingParams other) {
        temperature = other.temperature;
        topK = other.topK;
        topP = other.topP;
        seed = other.seed;
        maxTokens = other.maxTokens;
        minTokens = other.minTokens;
        ignoreEos = other.ignoreEos;
        stopIds.clear();
        stopIds.addAll(other.stopIds);
        stopStrings = Arrays.copyOf(other.stopStrings, other.stopStrings.length);
    }
}

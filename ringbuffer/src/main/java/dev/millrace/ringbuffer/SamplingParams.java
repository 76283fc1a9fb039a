package dev.millrace.ringbuffer;

import java.util.Arrays;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

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

    /** Keep tokens at least this share as likely as the likeliest, in [0,1]; 0 keeps all. */
    public float minP;

    /**
     * Divides positive logits of tokens in prompt or answer, and multiplies the others (Keskar et
     * al., "CTRL", 2019); above 0, 1 changes nothing.
     */
    public float repetitionPenalty;

    /** Taken once from the logit of each token in the answer, in [-2,2]. */
    public float presencePenalty;

    /** Taken from a token's logit for each time the answer holds it, in [-2,2]. */
    public float frequencyPenalty;

    /** Tokens whose logits {@link #biases} raise, each once. Never changed in place. */
    public int[] biasedIds = NO_IDS;

    /** What is added to the logits of {@link #biasedIds}, each in [-100,100]. */
    public float[] biases = NO_BIASES;

    /** Seed of the counter-based generator; decode fixes it where the client gave none. */
    public long seed;

    /**
     * Most tokens to generate. At 0 none is sampled: a generation ends with LENGTH once its prompt
     * is computed.
     */
    public int maxTokens;

    /** Fewest tokens before an end of text or a stop id counts. */
    public int minTokens;

    /** Go on past the model's own end of text. */
    public boolean ignoreEos;

    /** Ids that end a generation, beside the model's own. */
    public final IntArrayList stopIds = new IntArrayList();

    /** Strings that end a generation, as UTF-8; the text ends before them. */
    public byte[][] stopStrings = NO_STRINGS;

    /** The form that the text must have; null where any will do. */
    public @Nullable StructuredOutput structured;

    /** Choices answered for each prompt, in [1,128]. */
    public int n;

    /**
     * Generations made for each prompt, at least {@link #n}: the {@code n} with the highest mean
     * log probability per token are answered. Equal to n where the request streams.
     */
    public int bestOf;

    /** The answer begins with its prompt. */
    public boolean echo;

    /**
     * Most likely alternatives told of beside each token of the answer, in [0,20]; -1 for no log
     * probabilities at all.
     */
    public int logprobs;

    /** The same for the tokens of the prompt, asked for on its own (vLLM). */
    public int promptLogprobs;

    /** Lower goes first (vLLM). */
    public int priority;

    /** Stands for the salt that keeps cached prefixes apart; 0 for none. */
    public long cacheSalt;

    private static final byte[][] NO_STRINGS = new byte[0][];
    private static final int[] NO_IDS = new int[0];
    private static final float[] NO_BIASES = new float[0];

    /** With the defaults of {@link #reset()}. */
    public SamplingParams() {
        reset();
    }

    /** OpenAI's defaults: temperature 1, top_p 1, 16 tokens, nothing penalised. */
    public void reset() {
        temperature = 1f;
        topK = 0;
        topP = 1f;
        minP = 0f;
        repetitionPenalty = 1f;
        presencePenalty = 0f;
        frequencyPenalty = 0f;
        biasedIds = NO_IDS;
        biases = NO_BIASES;
        seed = 0;
        maxTokens = 16;
        minTokens = 0;
        ignoreEos = false;
        stopIds.clear();
        stopStrings = NO_STRINGS;
        structured = null;
        n = 1;
        bestOf = 1;
        echo = false;
        logprobs = -1;
        promptLogprobs = -1;
        priority = 0;
        cacheSalt = 0;
    }

    /**
     * Alternatives beside each token of the prompt; -1 where a lane publishes no tokens of prompts
     * ({@link ReplySlot#prompt}).
     */
    public int promptAlternatives() {
        return Math.max(promptLogprobs, echo ? logprobs : -1);
    }

    /** Whether a token's logit depends on the tokens before it. */
    public boolean penalises() {
        return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
    }

    /** Copies everything, so that the slot may be reused. */
    public void copyFrom(SamplingParams other) {
        temperature = other.temperature;
        topK = other.topK;
        topP = other.topP;
        minP = other.minP;
        repetitionPenalty = other.repetitionPenalty;
        presencePenalty = other.presencePenalty;
        frequencyPenalty = other.frequencyPenalty;
        biasedIds = other.biasedIds;
        biases = other.biases;
        seed = other.seed;
        maxTokens = other.maxTokens;
        minTokens = other.minTokens;
        ignoreEos = other.ignoreEos;
        stopIds.clear();
        stopIds.addAll(other.stopIds);
        stopStrings = Arrays.copyOf(other.stopStrings, other.stopStrings.length);
        structured = other.structured;
        n = other.n;
        bestOf = other.bestOf;
        echo = other.echo;
        logprobs = other.logprobs;
        promptLogprobs = other.promptLogprobs;
        priority = other.priority;
        cacheSalt = other.cacheSalt;
    }
}

package dev.millrace.stages.decode;

/** Bounds on what one request may hold, beside the size of its body. */
final class DecodeLimits {
    /** Prompts of one completion request. */
    static final int MAX_PROMPTS = 64;

    /** Choices of one prompt, as OpenAI has it. */
    static final int MAX_CHOICES = 128;

    /** The largest {@code best_of}, as OpenAI has it. */
    static final int MAX_BEST_OF = 20;

    /** Generations of one completion request: its prompts times {@code n} or {@code best_of}. */
    static final int MAX_GENERATIONS = 128;

    /**
     * Log probabilities that one answer gathers before any of it is sent; in text they take some 70
     * bytes each.
     */
    static final int MAX_LOGPROBS = 1 << 20;

    /** Texts of one embedding request, as OpenAI has it. */
    static final int MAX_EMBEDDING_INPUTS = 2048;

    static final int MAX_MESSAGES = 4096;

    /** OpenAI's own bound on {@code stop}. */
    static final int MAX_STOP_STRINGS = 4;

    /** UTF-8 bytes of one stop string: a lane holds back as much text as the longest. */
    static final int MAX_STOP_BYTES = 256;

    static final int MAX_STOP_IDS = 64;

    /** Token ids of one {@code logit_bias}: a lane walks them for every token. */
    static final int MAX_LOGIT_BIASES = 300;

    /** UTF-8 bytes of a schema, a pattern or a list of choices. */
    static final int MAX_STRUCTURED_BYTES = 64 << 10;

    /** Objects and arrays inside each other. */
    static final int MAX_JSON_DEPTH = 64;

    /** Characters of a JSON number, exponent and sign included. */
    static final int MAX_NUMBER_CHARS = 100;

    /** Characters of a field's name. */
    static final int MAX_NAME_CHARS = 1024;

    /** Characters of a KServe {@code id}, which is echoed. */
    static final int MAX_ID_CHARS = 1024;

    /** Characters of a client's value or name that are repeated in a refusal. */
    static final int MAX_SHOWN_CHARS = 60;

    /** Characters of the JSON parser's own words in a refusal. */
    static final int MAX_REASON_CHARS = 300;

    /** Characters of a field's path in a refusal, give or take one name. */
    static final int MAX_PATH_CHARS = 120;

    private DecodeLimits() {}
}

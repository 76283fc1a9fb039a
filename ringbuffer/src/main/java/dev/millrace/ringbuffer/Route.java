package dev.millrace.ringbuffer;

/**
 * What a request asks for, known from its path alone; fixes the decoder, the encoder and the error
 * dialect.
 */
public enum Route {
    OPENAI_COMPLETIONS("/v1/completions", Dialect.OPENAI),
    OPENAI_CHAT("/v1/chat/completions", Dialect.OPENAI),
    OPENAI_EMBEDDINGS("/v1/embeddings", Dialect.OPENAI),
    KSERVE_INFER("/v2/models/{model}/infer", Dialect.KSERVE);

    /** How errors are said. */
    public enum Dialect {
        /** {@code {"error":{"message","type","param","code"}}}. */
        OPENAI,
        /** {@code {"error":"…"}}. */
        KSERVE
    }

    private final String path;
    private final Dialect dialect;

    Route(String path, Dialect dialect) {
        this.path = path;
        this.dialect = dialect;
    }

    public String path() {
        return path;
    }

    public Dialect dialect() {
        return dialect;
    }
}

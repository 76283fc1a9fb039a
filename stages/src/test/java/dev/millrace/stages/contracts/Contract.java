package dev.millrace.stages.contracts;

/** What an answer must look like, by the official documents. */
public enum Contract {
    COMPLETION("CreateCompletionResponse"),
    /** As COMPLETION, but that the end's reason and the usage may be null until the end. */
    COMPLETION_CHUNK("CreateCompletionResponse"),
    /**
     * As COMPLETION_CHUNK, but that the first token of an echoed prompt has null for its log
     * probability and alternatives; the document knows numbers and objects only.
     */
    COMPLETION_ECHO("CreateCompletionResponse"),
    CHAT("CreateChatCompletionResponse"),
    CHAT_CHUNK("CreateChatCompletionStreamResponse"),
    EMBEDDINGS("CreateEmbeddingResponse"),
    /** As EMBEDDINGS, but that a vector is a string; the document knows numbers only. */
    EMBEDDINGS_BASE64("CreateEmbeddingResponse"),
    MODEL("Model"),
    MODEL_LIST("ListModelsResponse"),
    OPENAI_ERROR("ErrorResponse"),
    KSERVE_SERVER("metadata_server_response"),
    KSERVE_MODEL("metadata_model_response"),
    KSERVE_INFER("inference_response"),
    /** As KSERVE_INFER, but that an output may lie behind the JSON. */
    KSERVE_INFER_BINARY("inference_response"),
    KSERVE_ERROR("inference_error_response");

    private final String schema;

    Contract(String schema) {
        this.schema = schema;
    }

    String schema() {
        return schema;
    }

    boolean kserve() {
        return name().startsWith("KSERVE");
    }
}

package dev.millrace.ringbuffer;

import java.util.List;

/**
 * A loaded model as doors and stages see it. Immutable; made by the engine when the model is
 * loaded.
 *
 * @param name as in requests
 * @param version as in KServe paths
 * @param kind what it does
 * @param lane index of the lane that owns it; a slot addressed to it carries this number
 * @param platform KServe's {@code platform}, such as {@code pytorch_libtorch} or {@code
 *     safetensors_llama}
 * @param inputs declared inputs; empty where undeclared or not a tensor model
 * @param outputs declared outputs; likewise
 * @param maxContextTokens prompt and answer together (GENERATE), or one text (EMBED); 0 for TENSOR
 * @param vocabularySize token ids are below it; 0 for TENSOR
 * @param batch how its requests are executed together
 * @param createdEpochSeconds when it was loaded
 * @param digest SHA-256 over the weights, hex
 */
public record ModelEntry(
        String name,
        String version,
        ModelKind kind,
        int lane,
        String platform,
        List<TensorSpec> inputs,
        List<TensorSpec> outputs,
        int maxContextTokens,
        int vocabularySize,
        BatchLimits batch,
        long createdEpochSeconds,
        String digest) {
    public ModelEntry {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    /**
     * How a fixed-shape model's requests are executed together.
     *
     * @param batched whether the first dimension of every input and output counts rows that may be
     *     joined
     * @param maxRows most rows of one execution, and so of one request; 1 where not batched
     * @param maxDelayNanos how long the oldest request may wait for company
     * @param preferredRows ascending row counts that are executed at once
     */
    public record BatchLimits(
            boolean batched, int maxRows, long maxDelayNanos, List<Integer> preferredRows) {
        public BatchLimits {
            preferredRows = List.copyOf(preferredRows);
        }
    }
}

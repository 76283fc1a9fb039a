package dev.millrace.tools.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tensors that a checkpoint of a given shape holds, under Hugging Face's names and in the order
 * of the layers.
 *
 * @param tensors all of them
 */
record CheckpointLayout(List<Planned> tensors) {
    /** What a fresh model has in a tensor. */
    enum Fill {
        /** Normal, mean 0, deviation 0.02. */
        NORMAL,
        /** Gains of norms. */
        ONES,
        /** Biases of norms. */
        ZEROS
    }

    /**
     * One tensor.
     *
     * @param name the checkpoint's name for it
     * @param fill what it holds
     * @param shape lengths of the dimensions
     */
    record Planned(String name, Fill fill, List<Long> shape) {
        long[] shapeArray() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }

        long elements() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }
    }

    CheckpointLayout {
        tensors = List.copyOf(tensors);
    }

    /**
     * @throws dev.millrace.config.ConfigException where {@code config} describes no model whose
     *     layout is known
     */
    static CheckpointLayout of(ModelConfig config) {
        return switch (config.architecture()) {
            case "LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM" ->
                    LlamaLayout.of(config);
            case "GPT2LMHeadModel" -> Gpt2Layout.of(config);
            case "BertModel" -> BertLayout.of(config);
            default ->
                    throw config.bad(
                            "architectures",
                            "[\"LlamaForCausalLM\"], [\"MistralForCausalLM\"],"
                                    + " [\"Qwen2ForCausalLM\"], [\"Qwen3ForCausalLM\"],"
                                    + " [\"GPT2LMHeadModel\"] or [\"BertModel\"]");
        };
    }

    long parameters() {
        return tensors.stream().mapToLong(Planned::elements).sum();
    }

    /** Collects tensors in order. */
    static final class Builder {
        private final List<Planned> tensors = new ArrayList<>();

        Builder weight(String name, long... shape) {
            return add(name + ".weight", Fill.NORMAL, shape);
        }

        Builder bias(String name, long length) {
            return add(name + ".bias", Fill.NORMAL, length);
        }

        /** A weight and, where {@code biased}, a bias for each of its rows. */
        Builder linear(String name, boolean biased, long rows, long columns) {
            weight(name, rows, columns);
            return biased ? bias(name, rows) : this;
        }

        Builder rmsNorm(String name, long length) {
            return add(name + ".weight", Fill.ONES, length);
        }

        Builder layerNorm(String name, long length) {
            return rmsNorm(name, length).add(name + ".bias", Fill.ZEROS, length);
        }

        private Builder add(String name, Fill fill, long... shape) {
            tensors.add(new Planned(name, fill, Arrays.stream(shape).boxed().toList()));
            return this;
        }

        CheckpointLayout build() {
            return new CheckpointLayout(tensors);
        }
    }
}

package dev.millrace.tools.model;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rotary frequencies of a {@code config.json}: {@code rope_theta} and {@code rope_scaling}, or
 * {@code rope_parameters}, which holds both.
 *
 * @param theta base of the frequencies
 * @param linearFactor what all frequencies are divided by; 1 for none
 * @param llama3 how only the low ones are, or null
 */
record RopeScaling(double theta, double linearFactor, @Nullable Llama3 llama3) {
    /** GGUF's tensor of what each frequency is divided by. */
    static final String FACTORS = "rope_freqs.weight";

    /** GGUF's key of the positions that a model was trained for before. */
    static final String ORIGINAL_CONTEXT = "rope.scaling.original_context_length";

    /**
     * Llama 3.1's scaling.
     *
     * @param factor of the low frequencies
     * @param low frequencies that turn fewer times than this within the original context are low
     * @param high those that turn more often stay
     * @param originalContext positions the model was trained for before
     */
    record Llama3(double factor, double low, double high, int originalContext) {
        /** How often frequency {@code j} of {@code headDim / 2} turns in the original context. */
        double turns(int j, int headDim, double theta) {
            double frequency = 1.0f / (float) Math.pow(theta, (float) (2 * j) / headDim);
            return originalContext * frequency / (2 * Math.PI);
        }

        /** What that frequency is divided by. */
        double divisor(int j, int headDim, double theta) {
            double kept = Math.clamp((turns(j, headDim, theta) - low) / (high - low), 0.0, 1.0);
            return 1 / (kept + (1 - kept) / factor);
        }

        /** As in a {@code config.json}. */
        ObjectNode json() {
            return ModelConfig.JSON
                    .createObjectNode()
                    .put("rope_type", "llama3")
                    .put("factor", factor)
                    .put("low_freq_factor", low)
                    .put("high_freq_factor", high)
                    .put("original_max_position_embeddings", originalContext);
        }
    }

    /**
     * @throws dev.millrace.config.ConfigException for a kind that GGUF's writer does not know
     */
    static RopeScaling of(ModelConfig config) {
        String name = config.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
        JsonNode rope = config.root().path(name);
        double theta = rope.path("rope_theta").asDouble(config.number("rope_theta", 10_000));
        String type = rope.path(rope.has("rope_type") ? "rope_type" : "type").asString("default");
        return switch (type) {
            case "default" -> new RopeScaling(theta, 1, null);
            case "linear" -> new RopeScaling(theta, number(config, name, "factor"), null);
            case "llama3" -> new RopeScaling(theta, 1, llama3(config, name));
            default -> throw config.bad(name, "rope_type default, linear or llama3");
        };
    }

    private static Llama3 llama3(ModelConfig config, String name) {
        double low = number(config, name, "low_freq_factor");
        double high = number(config, name, "high_freq_factor");
        double original = number(config, name, "original_max_position_embeddings");
        if (high <= low) {
            throw config.bad(name, "a high_freq_factor above low_freq_factor");
        }
        return new Llama3(number(config, name, "factor"), low, high, (int) original);
    }

    private static double number(ModelConfig config, String name, String key) {
        double number = config.root().path(name).path(key).asDouble(0);
        if (!(number > 0)) {
            throw config.bad(name, key + " to be a number above 0");
        }
        return number;
    }

    /** {@link #FACTORS}, empty where frequencies are not scaled so. */
    float[] llama3Factors(int headDim) {
        if (llama3 == null) {
            return new float[0];
        }
        float[] factors = new float[headDim / 2];
        for (int j = 0; j < factors.length; j++) {
            factors[j] = (float) llama3.divisor(j, headDim, theta);
        }
        return factors;
    }
}

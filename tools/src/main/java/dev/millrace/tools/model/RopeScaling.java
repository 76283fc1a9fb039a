package dev.millrace.tools.model;

import tools.jackson.databind.JsonNode;

/**
 * Rotary frequencies of a {@code config.json}: {@code rope_theta} and {@code rope_scaling}, or
 * {@code rope_parameters}, which holds both.
 *
 * @param theta base of the frequencies
 * @param linearFactor what all frequencies are divided by; 1 for none
 * @param llama3 how only the low ones are, or null
 */
record RopeScaling(
        double theta, double linearFactor, @org.jspecify.annotations.Nullable Llama3 llama3) {
    /** GGUF's tensor of what each frequency is divided by. */
    static final String FACTORS = "rope_freqs.weight";

    /**
     * Llama 3.1's scaling.
     *
     * @param factor of the low frequencies
     * @param low frequencies that turn fewer times than this within the original context are low
     * @param high those that turn more often stay
     * @param originalContext positions the model was trained for before
     */
    record Llama3(double factor, double low, double high, int originalContext) {
        /** What frequency {@code j} of {@code headDim / 2} is divided by. */
        double divisor(int j, int headDim, double theta) {
            double frequency = 1.0f / (float) Math.pow(theta, (float) (2 * j) / headDim);
            double turns = originalContext * frequency / (2 * Math.PI);
            double kept = Math.clamp((turns - low) / (high - low), 0.0, 1.0);
            return 1 / (kept + (1 - kept) / factor);
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
        double factor = rope.path("factor").asDouble(1);
        return switch (type) {
            case "default" -> new RopeScaling(theta, 1, null);
            case "linear" -> new RopeScaling(theta, factor, null);
            case "llama3" ->
                    new RopeScaling(
                            theta,
                            1,
                            new Llama3(
                                    factor,
                                    rope.path("low_freq_factor").asDouble(1),
                                    rope.path("high_freq_factor").asDouble(4),
                                    rope.path("original_max_position_embeddings").asInt(8192)));
            default -> throw config.bad(name, "rope_type default, linear or llama3");
        };
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

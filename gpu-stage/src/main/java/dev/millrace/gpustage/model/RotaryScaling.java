package dev.millrace.gpustage.model;

import java.util.Set;

/**
 * How a model turns its rotary frequencies down to reach further than it was trained for.
 *
 * @param theta base of the frequencies
 * @param type which formula
 * @param factor how many times as far; 1 for {@link Type#NONE}
 * @param lowFrequencyFactor {@link Type#LLAMA3}: frequencies that turn fewer times than this within
 *     the original context are divided by the factor
 * @param highFrequencyFactor likewise: those that turn more often than this stay
 * @param originalContextTokens likewise: positions the model was trained for before
 */
record RotaryScaling(
        double theta,
        Type type,
        double factor,
        double lowFrequencyFactor,
        double highFrequencyFactor,
        int originalContextTokens) {
    /** The formulas, by the {@code rope_type} that names them in lower case. */
    enum Type {
        /** Frequencies as they are. */
        NONE,
        /** All divided by the factor: Chen et al. 2023 (arXiv:2306.15595). */
        LINEAR,
        /** Only the low ones, with a ramp between: Llama 3.1. */
        LLAMA3
    }

    private static final Set<String> TYPES = Set.of("default", "linear", "llama3");
    private static final double MOST = 1e12;

    /**
     * Reads {@code rope_scaling} and {@code rope_theta}, or {@code rope_parameters}, which holds
     * both. A kind that is not served is refused: it would answer with other text and no error.
     */
    static RotaryScaling read(ConfigJson config) {
        boolean old = config.has("rope_scaling");
        if (old
                && config.has("rope_parameters")
                && !config.node("rope_scaling").equals(config.node("rope_parameters"))) {
            throw config.bad(
                    "rope_scaling", "the same as rope_parameters, or only one is expected");
        }
        double theta = config.number("rope_theta", 1, MOST, 10_000);
        if (!old && !config.has("rope_parameters")) {
            return new RotaryScaling(theta, Type.NONE, 1, 0, 0, 0);
        }
        ConfigJson rope = config.object(old ? "rope_scaling" : "rope_parameters");
        theta = rope.number("rope_theta", 1, MOST, theta);
        String key = rope.has("rope_type") || !rope.has("type") ? "rope_type" : "type";
        if (!rope.has(key) && !rope.has("rope_theta")) {
            throw rope.bad(key, "one of " + TYPES.stream().sorted().toList() + " is expected");
        }
        return switch (rope.oneOf(key, "default", TYPES)) {
            case "linear" -> new RotaryScaling(theta, Type.LINEAR, factor(rope), 0, 0, 0);
            case "llama3" -> llama3(rope, theta);
            default -> new RotaryScaling(theta, Type.NONE, 1, 0, 0, 0);
        };
    }

    private static RotaryScaling llama3(ConfigJson rope, double theta) {
        double low = rope.number("low_freq_factor", 1e-6, MOST);
        double high = rope.number("high_freq_factor", 1e-6, MOST);
        if (high <= low) {
            throw rope.bad(
                    "high_freq_factor", "more than low_freq_factor (" + low + ") is expected");
        }
        int original = rope.integer("original_max_position_embeddings", 1, 1 << 24);
        return new RotaryScaling(theta, Type.LLAMA3, factor(rope), low, high, original);
    }

    private static double factor(ConfigJson rope) {
        return rope.number("factor", 1, MOST);
    }

    /** Radians a position for each pair of elements, rounded where the reference rounds. */
    float[] frequencies(int headDim) {
        float[] frequencies = new float[headDim / 2];
        for (int j = 0; j < frequencies.length; j++) {
            float exponent = (float) (2 * j) / headDim;
            frequencies[j] = (float) scaled(1.0f / (float) Math.pow(theta, exponent));
        }
        return frequencies;
    }

    private double scaled(double frequency) {
        return switch (type) {
            case NONE -> frequency;
            case LINEAR -> frequency / factor;
            case LLAMA3 -> {
                double turns = originalContextTokens * frequency / (2 * Math.PI);
                double kept =
                        Math.clamp(
                                (turns - lowFrequencyFactor)
                                        / (highFrequencyFactor - lowFrequencyFactor),
                                0.0,
                                1.0);
                yield frequency * (kept + (1 - kept) / factor);
            }
        };
    }
}

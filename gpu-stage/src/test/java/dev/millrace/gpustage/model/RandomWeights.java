package dev.millrace.gpustage.model;

import dev.millrace.gpustage.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Random weights, for an oracle by their names, and for a model as a checkpoint. */
final class RandomWeights {
    private final Map<String, float[]> weights = new HashMap<>();
    private final SafetensorsWriter writer = new SafetensorsWriter();
    private final Random random;

    RandomWeights(long seed) {
        random = new Random(seed);
    }

    /** Adds a tensor of normally distributed values. */
    void add(String name, double scale, long... shape) {
        add("", name, scale, shape);
    }

    /**
     * The same.
     *
     * @param prefix what comes before the name in the checkpoint
     */
    void add(String prefix, String name, double scale, long... shape) {
        int size = 1;
        for (long length : shape) {
            size *= (int) length;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        weights.put(name, values);
        writer.add(prefix + name, values, shape);
    }

    float[] get(String name) {
        return Objects.requireNonNull(weights.get(name), name);
    }

    /** {@code x} by the LayerNorm of that name, with an epsilon of 1e-5. */
    double[] layerNorm(String name, double[] x) {
        double mean = 0;
        for (double value : x) {
            mean += value / x.length;
        }
        double variance = 0;
        for (double value : x) {
            variance += (value - mean) * (value - mean) / x.length;
        }
        double[] out = new double[x.length];
        for (int c = 0; c < x.length; c++) {
            out[c] =
                    (x[c] - mean) / Math.sqrt(variance + 1e-5) * get(name + ".weight")[c]
                            + get(name + ".bias")[c];
        }
        return out;
    }

    /** Writes the checkpoint of a model folder. */
    void write(Path folder) throws IOException {
        writer.write(folder.resolve("model.safetensors"));
    }
}

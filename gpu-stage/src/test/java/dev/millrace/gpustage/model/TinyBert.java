package dev.millrace.gpustage.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A BERT with random weights, and its embedding of a text written the naive way: doubles and loops,
 * one text at a time. The test oracle.
 */
public final class TinyBert {
    final int vocabulary = 41;
    final int positions = 64;
    private final int hidden = 24;
    private final int layers = 3;
    private final int heads = 4;
    private final int ffn = 80;
    private final String activation;
    private final RandomWeights weights;
    private boolean rounded;

    /**
     * Random weights.
     *
     * @param activation as in {@code hidden_act}
     */
    public TinyBert(String activation, long seed) {
        this.activation = activation;
        this.weights = new RandomWeights(seed);
        weights.add("embeddings.word_embeddings.weight", 1, vocabulary, hidden);
        weights.add("embeddings.position_embeddings.weight", 1, positions, hidden);
        weights.add("embeddings.token_type_embeddings.weight", 1, 2, hidden);
        norm("embeddings.LayerNorm");
        for (int i = 0; i < layers; i++) {
            String layer = "encoder.layer." + i + ".";
            linear(layer + "attention.self.query", hidden, hidden);
            linear(layer + "attention.self.key", hidden, hidden);
            linear(layer + "attention.self.value", hidden, hidden);
            linear(layer + "attention.output.dense", hidden, hidden);
            norm(layer + "attention.output.LayerNorm");
            linear(layer + "intermediate.dense", ffn, hidden);
            linear(layer + "output.dense", hidden, ffn);
            norm(layer + "output.LayerNorm");
        }
    }

    private void linear(String name, int out, int in) {
        weights.add(name + ".weight", 0.3, out, in);
        weights.add(name + ".bias", 0.3, out);
    }

    private void norm(String name) {
        weights.add(name + ".weight", 1, hidden);
        weights.add(name + ".bias", 0.3, hidden);
    }

    /** Rounds the matrices of linear layers and their inputs to int8, in {@link #embed} only. */
    TinyBert rounded() {
        rounded = true;
        return this;
    }

    /** Writes the folder. */
    public TinyBert write(Path folder) throws IOException {
        weights.write(folder);
        Files.writeString(
                folder.resolve("config.json"),
                """
                {"architectures":["BertModel"],"vocab_size":%d,"hidden_size":%d,"num_hidden_layers":%d,
                 "num_attention_heads":%d,"intermediate_size":%d,"max_position_embeddings":%d,
                 "layer_norm_eps":1e-5,"hidden_act":"%s"}\
                """
                        .formatted(vocabulary, hidden, layers, heads, ffn, positions, activation));
        return this;
    }

    /** The mean over the last layer's tokens, of length 1. */
    double[] embed(int[] ids) {
        double[][] x = new double[ids.length][hidden];
        for (int t = 0; t < ids.length; t++) {
            for (int c = 0; c < hidden; c++) {
                x[t][c] =
                        weights.get("embeddings.word_embeddings.weight")[ids[t] * hidden + c]
                                + (double)
                                        weights.get("embeddings.position_embeddings.weight")[
                                                t * hidden + c]
                                + weights.get("embeddings.token_type_embeddings.weight")[c];
            }
            x[t] = weights.layerNorm("embeddings.LayerNorm", x[t]);
        }
        for (int i = 0; i < layers; i++) {
            String layer = "encoder.layer." + i + ".";
            double[][] attended = attended(layer + "attention.self.", x);
            for (int t = 0; t < ids.length; t++) {
                double[] h = apply(layer + "attention.output.dense", attended[t], hidden);
                x[t] = weights.layerNorm(layer + "attention.output.LayerNorm", sum(x[t], h));
                h = apply(layer + "intermediate.dense", x[t], ffn);
                for (int c = 0; c < ffn; c++) {
                    h[c] = activated(h[c]);
                }
                h = apply(layer + "output.dense", h, hidden);
                x[t] = weights.layerNorm(layer + "output.LayerNorm", sum(x[t], h));
            }
        }
        double[] mean = new double[hidden];
        double squares = 0;
        for (int c = 0; c < hidden; c++) {
            for (double[] token : x) {
                mean[c] += token[c] / x.length;
            }
            squares += mean[c] * mean[c];
        }
        for (int c = 0; c < hidden; c++) {
            mean[c] /= Math.sqrt(squares);
        }
        return mean;
    }

    private double activated(double x) {
        return switch (activation) {
            case "relu" -> Math.max(0, x);
            case "gelu_new" -> {
                double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * Math.pow(x, 3));
                yield 0.5 * x * (1 + Math.tanh(inner));
            }
            default -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
        };
    }

    /** By its power series (Abramowitz and Stegun 1964, 7.1.5), which is exact enough below 5. */
    private static double erf(double x) {
        if (Math.abs(x) > 5) {
            return Math.signum(x);
        }
        double power = x;
        double sum = 0;
        for (int n = 0; n < 120; n++) {
            sum += power / (2 * n + 1);
            power *= -x * x / (n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    /** What each token takes from all of them, heads side by side. */
    private double[][] attended(String name, double[][] x) {
        int width = hidden / heads;
        double[][] q = new double[x.length][];
        double[][] k = new double[x.length][];
        double[][] v = new double[x.length][];
        for (int t = 0; t < x.length; t++) {
            q[t] = apply(name + "query", x[t], hidden);
            k[t] = apply(name + "key", x[t], hidden);
            v[t] = apply(name + "value", x[t], hidden);
        }
        double[][] out = new double[x.length][hidden];
        for (int t = 0; t < x.length; t++) {
            for (int head = 0; head < heads; head++) {
                double[] scores = new double[x.length];
                double sum = 0;
                for (int s = 0; s < x.length; s++) {
                    double dot = 0;
                    for (int c = head * width; c < (head + 1) * width; c++) {
                        dot += q[t][c] * k[s][c];
                    }
                    scores[s] = Math.exp(dot / Math.sqrt(width));
                    sum += scores[s];
                }
                for (int s = 0; s < x.length; s++) {
                    for (int c = head * width; c < (head + 1) * width; c++) {
                        out[t][c] += scores[s] / sum * v[s][c];
                    }
                }
            }
        }
        return out;
    }

    private double[] apply(String name, double[] x, int rows) {
        double[] out = new double[rows];
        for (int r = 0; r < rows; r++) {
            double[] row = new double[x.length];
            for (int c = 0; c < x.length; c++) {
                row[c] = weights.get(name + ".weight")[r * x.length + c];
            }
            out[r] = weights.get(name + ".bias")[r] + RoundedLinear.dot(row, x, rounded);
        }
        return out;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] sum = new double[a.length];
        for (int c = 0; c < a.length; c++) {
            sum[c] = a[c] + b[c];
        }
        return sum;
    }
}

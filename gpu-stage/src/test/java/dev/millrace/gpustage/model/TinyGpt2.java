package dev.millrace.gpustage.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A GPT-2 with random weights, and its forward pass written the naive way: doubles, loops, the
 * whole text each time, no cache. The test oracle.
 */
public final class TinyGpt2 {
    final int vocabulary = 41;
    final int hidden = 24;
    final int layers = 3;
    final int positions = 64;
    final int heads;
    final int ffn;
    final boolean tied;
    private final RandomWeights weights;
    private boolean rounded;

    /**
     * Random weights.
     *
     * @param ffn width inside the MLP; four times as wide as the rest, and a null in the config,
     *     for 0
     * @param prefix what comes before the names in the checkpoint
     */
    public TinyGpt2(int heads, int ffn, boolean tied, String prefix, long seed) {
        this.heads = heads;
        this.ffn = ffn == 0 ? 4 * hidden : ffn;
        this.tied = tied;
        this.weights = new RandomWeights(seed);
        weights.add(prefix, "wte.weight", 1, vocabulary, hidden);
        weights.add(prefix, "wpe.weight", 1, positions, hidden);
        affine(prefix, "ln_f", 1, hidden);
        if (!tied) {
            weights.add("", "lm_head.weight", 1, vocabulary, hidden);
        }
        for (int i = 0; i < layers; i++) {
            String layer = "h." + i + ".";
            affine(prefix, layer + "ln_1", 1, hidden);
            affine(prefix, layer + "attn.c_attn", 0.4, hidden, 3 * hidden);
            affine(prefix, layer + "attn.c_proj", 0.4, hidden, hidden);
            affine(prefix, layer + "ln_2", 1, hidden);
            affine(prefix, layer + "mlp.c_fc", 0.4, hidden, this.ffn);
            affine(prefix, layer + "mlp.c_proj", 0.4, this.ffn, hidden);
        }
    }

    private void affine(String prefix, String name, double scale, long... shape) {
        weights.add(prefix, name + ".weight", scale, shape);
        weights.add(prefix, name + ".bias", 0.3, shape[shape.length - 1]);
    }

    /** Rounds the matrices of linear layers and their inputs to int8, in {@link #logits} only. */
    TinyGpt2 rounded() {
        rounded = true;
        return this;
    }

    /** Writes the folder. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        weights.write(folder);
        Files.writeString(
                folder.resolve("config.json"),
                """
                {"architectures":["GPT2LMHeadModel"],"vocab_size":%d,"n_embd":%d,"n_layer":%d,"n_head":%d,
                 "n_positions":%d,"n_inner":%s,"activation_function":"gelu_new","layer_norm_epsilon":1e-5,
                 "scale_attn_weights":true,"eos_token_id":0,"bos_token_id":0%s}\
                """
                        .formatted(
                                vocabulary,
                                hidden,
                                layers,
                                heads,
                                positions,
                                ffn == 4 * hidden ? "null" : ffn,
                                tied ? "" : ",\"tie_word_embeddings\":false"));
    }

    /** Logits of the last of {@code ids}. */
    double[] logits(int[] ids) {
        double[][] x = new double[ids.length][hidden];
        for (int t = 0; t < ids.length; t++) {
            for (int c = 0; c < hidden; c++) {
                x[t][c] =
                        weights.get("wte.weight")[ids[t] * hidden + c]
                                + (double) weights.get("wpe.weight")[t * hidden + c];
            }
        }
        for (int i = 0; i < layers; i++) {
            String layer = "h." + i + ".";
            double[][] qkv = new double[ids.length][];
            for (int t = 0; t < ids.length; t++) {
                qkv[t] =
                        apply(
                                layer + "attn.c_attn",
                                weights.layerNorm(layer + "ln_1", x[t]),
                                3 * hidden);
            }
            for (int t = 0; t < ids.length; t++) {
                accumulate(x[t], apply(layer + "attn.c_proj", attended(qkv, t), hidden));
                double[] h =
                        apply(layer + "mlp.c_fc", weights.layerNorm(layer + "ln_2", x[t]), ffn);
                for (int c = 0; c < ffn; c++) {
                    double inner = Math.sqrt(2 / Math.PI) * (h[c] + 0.044715 * Math.pow(h[c], 3));
                    h[c] = 0.5 * h[c] * (1 + Math.tanh(inner));
                }
                accumulate(x[t], apply(layer + "mlp.c_proj", h, hidden));
            }
        }
        double[] last = weights.layerNorm("ln_f", x[ids.length - 1]);
        float[] head = weights.get(tied ? "wte.weight" : "lm_head.weight");
        double[] logits = new double[vocabulary];
        for (int v = 0; v < vocabulary; v++) {
            double[] row = new double[hidden];
            for (int c = 0; c < hidden; c++) {
                row[c] = head[v * hidden + c];
            }
            logits[v] = RoundedLinear.dot(row, last, rounded);
        }
        return logits;
    }

    /** What position {@code t} takes from itself and those before, all heads side by side. */
    private double[] attended(double[][] qkv, int t) {
        int width = hidden / heads;
        double[] out = new double[hidden];
        for (int head = 0; head < heads; head++) {
            double[] scores = new double[t + 1];
            double sum = 0;
            for (int s = 0; s <= t; s++) {
                double dot = 0;
                for (int c = head * width; c < (head + 1) * width; c++) {
                    dot += qkv[t][c] * qkv[s][hidden + c];
                }
                scores[s] = Math.exp(dot / Math.sqrt(width));
                sum += scores[s];
            }
            for (int s = 0; s <= t; s++) {
                for (int c = head * width; c < (head + 1) * width; c++) {
                    out[c] += scores[s] / sum * qkv[s][2 * hidden + c];
                }
            }
        }
        return out;
    }

    private double[] apply(String name, double[] x, int columns) {
        double[] out = new double[columns];
        for (int c = 0; c < columns; c++) {
            double[] column = new double[x.length];
            for (int r = 0; r < x.length; r++) {
                column[r] = weights.get(name + ".weight")[r * columns + c];
            }
            out[c] = weights.get(name + ".bias")[c] + RoundedLinear.dot(column, x, rounded);
        }
        return out;
    }

    private static void accumulate(double[] into, double[] values) {
        for (int c = 0; c < into.length; c++) {
            into[c] += values[c];
        }
    }
}

package dev.millrace.gpustage.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Pattern;

/**
 * A Llama or a relative with random weights, and its forward pass written the naive way: doubles,
 * loops, the whole text each time, no cache. The test oracle for shapes that no downloaded model
 * has.
 */
public final class TinyLlama {
    final int vocabulary = 41;
    final int hidden = 24;
    final int ffn = 36;
    final int layers = 3;
    final int heads;
    final int kvHeads;
    final int headDim;
    final boolean tied;
    private final Pattern biased;
    private final boolean headNorm;
    final double theta = 500;
    private final String architecture;
    private final int window;
    private String extras;
    private boolean halves;
    private boolean rounded;
    private DoubleUnaryOperator slowdown = _ -> 1;
    private final RandomWeights weights;

    /** A Llama with random weights of that shape. */
    public TinyLlama(int heads, int kvHeads, int headDim, boolean tied, boolean biased, long seed) {
        this(
                "LlamaForCausalLM",
                heads,
                kvHeads,
                headDim,
                tied,
                biased ? "[qkvo]_proj|gate_proj|up_proj|down_proj" : "",
                Integer.MAX_VALUE,
                ",\"attention_bias\":%1$s,\"mlp_bias\":%1$s".formatted(biased),
                seed);
    }

    /** A Mistral whose tokens see {@code window} tokens; all, and a null in the config, for 0. */
    public static TinyLlama mistral(int heads, int kvHeads, int headDim, int window, long seed) {
        return new TinyLlama(
                "MistralForCausalLM",
                heads,
                kvHeads,
                headDim,
                false,
                "",
                window == 0 ? Integer.MAX_VALUE : window,
                ",\"sliding_window\":" + (window == 0 ? "null" : window),
                seed);
    }

    /** A Qwen2: biases at q, k and v, a window in the config that is turned off. */
    public static TinyLlama qwen2(int heads, int kvHeads, int headDim, boolean tied, long seed) {
        return new TinyLlama(
                "Qwen2ForCausalLM",
                heads,
                kvHeads,
                headDim,
                tied,
                "[qkv]_proj",
                Integer.MAX_VALUE,
                ",\"use_sliding_window\":false,\"sliding_window\":3,\"max_window_layers\":1",
                seed);
    }

    /** A Qwen3: q and k normalised head by head, biases only where the config asks for them. */
    public static TinyLlama qwen3(
            int heads, int kvHeads, int headDim, boolean tied, boolean biased, long seed) {
        return new TinyLlama(
                "Qwen3ForCausalLM",
                heads,
                kvHeads,
                headDim,
                tied,
                biased ? "[qkvo]_proj" : "",
                Integer.MAX_VALUE,
                ",\"use_sliding_window\":false,\"attention_bias\":" + biased,
                seed);
    }

    private TinyLlama(
            String architecture,
            int heads,
            int kvHeads,
            int headDim,
            boolean tied,
            String biased,
            int window,
            String extras,
            long seed) {
        this.architecture = architecture;
        this.window = window;
        this.extras = extras;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headDim = headDim;
        this.tied = tied;
        this.biased = Pattern.compile(biased);
        this.headNorm = architecture.startsWith("Qwen3");
        this.weights = new RandomWeights(seed);
        weights.add("model.embed_tokens.weight", 1, vocabulary, hidden);
        if (!tied) {
            weights.add("lm_head.weight", 1, vocabulary, hidden);
        }
        weights.add("model.norm.weight", 1, hidden);
        for (int i = 0; i < layers; i++) {
            String layer = "model.layers." + i + ".";
            weights.add(layer + "input_layernorm.weight", 1, hidden);
            weights.add(layer + "post_attention_layernorm.weight", 1, hidden);
            linear(layer + "self_attn.q_proj", heads * headDim, hidden);
            linear(layer + "self_attn.k_proj", kvHeads * headDim, hidden);
            linear(layer + "self_attn.v_proj", kvHeads * headDim, hidden);
            linear(layer + "self_attn.o_proj", hidden, heads * headDim);
            if (headNorm) {
                weights.add(layer + "self_attn.q_norm.weight", 1, headDim);
                weights.add(layer + "self_attn.k_norm.weight", 1, headDim);
            }
            linear(layer + "mlp.gate_proj", ffn, hidden);
            linear(layer + "mlp.up_proj", ffn, hidden);
            linear(layer + "mlp.down_proj", hidden, ffn);
        }
    }

    private void linear(String name, int rows, int columns) {
        weights.add(name + ".weight", 0.4, rows, columns);
        if (isBiased(name)) {
            weights.add(name + ".bias", 0.3, rows);
        }
    }

    private boolean isBiased(String name) {
        return biased.matcher(name.substring(name.lastIndexOf('.') + 1)).matches();
    }

    /**
     * Scales the rotary positions.
     *
     * @param json what the config says about it
     * @param slowdown by what a pair of elements is divided, from the positions of one full turn
     */
    TinyLlama scaled(String json, DoubleUnaryOperator slowdown) {
        extras += "," + json;
        this.slowdown = slowdown;
        return this;
    }

    /** Makes everything that the model computes from this token a NaN. */
    public TinyLlama poison(int tokenId) {
        weights.get("model.embed_tokens.weight")[tokenId * hidden] = Float.NaN;
        return this;
    }

    /** Sets one weight. */
    public TinyLlama set(String name, int index, float value) {
        weights.get(name)[index] = value;
        return this;
    }

    /** Rounds the matrices of linear layers to halves, in {@link #logits} only. */
    TinyLlama halved() {
        halves = true;
        return this;
    }

    /** Rounds the matrices of linear layers and their inputs to int8, in {@link #logits} only. */
    TinyLlama rounded() {
        rounded = true;
        return this;
    }

    private double linearWeight(float weight) {
        return halves ? Float.float16ToFloat(Float.floatToFloat16(weight)) : weight;
    }

    /** Writes the folder. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        weights.write(folder);
        Files.writeString(folder.resolve("config.json"), config());
    }

    String config() {
        return """
        {"architectures":["%s"],"vocab_size":%d,"hidden_size":%d,"intermediate_size":%d,
         "num_hidden_layers":%d,"num_attention_heads":%d,"num_key_value_heads":%d,"head_dim":%d,
         "max_position_embeddings":64,"rms_norm_eps":1e-5,"rope_theta":%s,"hidden_act":"silu",
         "tie_word_embeddings":%s%s,"bos_token_id":0,"eos_token_id":[1,2]}\
        """
                .formatted(
                        architecture,
                        vocabulary,
                        hidden,
                        ffn,
                        layers,
                        heads,
                        kvHeads,
                        headDim,
                        theta,
                        tied,
                        extras);
    }

    /** Logits of the last of {@code ids}. */
    double[] logits(int[] ids) {
        double[][] x = new double[ids.length][];
        for (int t = 0; t < ids.length; t++) {
            x[t] = row("model.embed_tokens.weight", ids[t]);
        }
        for (int i = 0; i < layers; i++) {
            String layer = "model.layers." + i + ".";
            attend(layer + "self_attn.", x, normed(x, layer + "input_layernorm.weight"));
            double[][] h = normed(x, layer + "post_attention_layernorm.weight");
            for (int t = 0; t < x.length; t++) {
                double[] gate = apply(layer + "mlp.gate_proj", h[t], ffn);
                double[] up = apply(layer + "mlp.up_proj", h[t], ffn);
                for (int k = 0; k < ffn; k++) {
                    gate[k] = gate[k] / (1 + Math.exp(-gate[k])) * up[k];
                }
                accumulate(x[t], apply(layer + "mlp.down_proj", gate, hidden));
            }
        }
        double[] last = normed(x, "model.norm.weight")[ids.length - 1];
        double[] logits = new double[vocabulary];
        for (int v = 0; v < vocabulary; v++) {
            logits[v] =
                    dot(
                            weights.get(tied ? "model.embed_tokens.weight" : "lm_head.weight"),
                            v,
                            last);
        }
        return logits;
    }

    private void attend(String name, double[][] x, double[][] h) {
        int tokens = x.length;
        double[][] q = new double[tokens][];
        double[][] k = new double[tokens][];
        double[][] v = new double[tokens][];
        for (int t = 0; t < tokens; t++) {
            q[t] = rotated(projected(name + "q_", h[t], heads), heads, t);
            k[t] = rotated(projected(name + "k_", h[t], kvHeads), kvHeads, t);
            v[t] = apply(name + "v_proj", h[t], kvHeads * headDim);
        }
        for (int t = 0; t < tokens; t++) {
            double[] out = new double[heads * headDim];
            for (int head = 0; head < heads; head++) {
                int kv = head / (heads / kvHeads);
                double[] scores = new double[t + 1];
                double sum = 0;
                for (int s = Math.max(0, t - window + 1); s <= t; s++) {
                    double dot = 0;
                    for (int d = 0; d < headDim; d++) {
                        dot += q[t][head * headDim + d] * k[s][kv * headDim + d];
                    }
                    scores[s] = Math.exp(dot / Math.sqrt(headDim));
                    sum += scores[s];
                }
                for (int s = 0; s <= t; s++) {
                    for (int d = 0; d < headDim; d++) {
                        out[head * headDim + d] += scores[s] / sum * v[s][kv * headDim + d];
                    }
                }
            }
            accumulate(x[t], apply(name + "o_proj", out, hidden));
        }
    }

    private double[] projected(String name, double[] h, int count) {
        double[] x = apply(name + "proj", h, count * headDim);
        for (int head = 0; headNorm && head < count; head++) {
            double squares = 0;
            for (int d = 0; d < headDim; d++) {
                squares += Math.pow(x[head * headDim + d], 2);
            }
            for (int d = 0; d < headDim; d++) {
                x[head * headDim + d] *=
                        weights.get(name + "norm.weight")[d] / Math.sqrt(squares / headDim + 1e-5);
            }
        }
        return x;
    }

    private double[] rotated(double[] x, int count, int position) {
        double[] out = x.clone();
        for (int head = 0; head < count; head++) {
            for (int j = 0; j < headDim / 2; j++) {
                double turn = 2 * Math.PI * Math.pow(theta, 2.0 * j / headDim);
                double angle = 2 * Math.PI * position / turn / slowdown.applyAsDouble(turn);
                int low = head * headDim + j;
                int high = low + headDim / 2;
                out[low] = x[low] * Math.cos(angle) - x[high] * Math.sin(angle);
                out[high] = x[high] * Math.cos(angle) + x[low] * Math.sin(angle);
            }
        }
        return out;
    }

    private double[][] normed(double[][] x, String name) {
        float[] weight = weights.get(name);
        double[][] out = new double[x.length][hidden];
        for (int t = 0; t < x.length; t++) {
            double squares = 0;
            for (double value : x[t]) {
                squares += value * value;
            }
            double scale = 1 / Math.sqrt(squares / hidden + 1e-5);
            for (int k = 0; k < hidden; k++) {
                out[t][k] = x[t][k] * scale * weight[k];
            }
        }
        return out;
    }

    private double[] apply(String name, double[] x, int rows) {
        float[] weight = weights.get(name + ".weight");
        double[] out = new double[rows];
        for (int r = 0; r < rows; r++) {
            out[r] = dot(weight, r, x) + (isBiased(name) ? weights.get(name + ".bias")[r] : 0);
        }
        return out;
    }

    /** A row of a linear layer's matrix times its input. */
    private double dot(float[] matrix, int row, double[] input) {
        double[] weight = new double[input.length];
        for (int c = 0; c < input.length; c++) {
            weight[c] = linearWeight(matrix[row * input.length + c]);
        }
        return RoundedLinear.dot(weight, input, rounded);
    }

    private double[] row(String name, int index) {
        double[] row = new double[hidden];
        for (int k = 0; k < hidden; k++) {
            row[k] = weights.get(name)[index * hidden + k];
        }
        return row;
    }

    private static void accumulate(double[] into, double[] values) {
        for (int k = 0; k < into.length; k++) {
            into[k] += values[k];
        }
    }
}

package dev.millrace.tools.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.gguf.GgufFile;
import dev.millrace.gpustage.gguf.GgufMetadata;
import dev.millrace.gpustage.gguf.GgufTensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** A {@code config.json} from a GGUF file's metadata, without the ids of special tokens. */
final class ImportedConfig {
    private static final int MOST = 1 << 24;
    private static final int MOST_LAYERS = 4096;

    private final GgufFile file;
    private final GgufMetadata metadata;
    private final GgufArchitecture architecture;

    private ImportedConfig(GgufFile file) {
        this.file = file;
        this.metadata = file.metadata();
        this.architecture = architecture(metadata);
    }

    private static GgufArchitecture architecture(GgufMetadata metadata) {
        String name = metadata.string("general.architecture");
        GgufArchitecture known = GgufArchitecture.named(name);
        if (known == null) {
            throw metadata.bad(
                    "general.architecture",
                    "one of "
                            + Arrays.stream(GgufArchitecture.values())
                                    .map(GgufArchitecture::key)
                                    .collect(Collectors.joining(", "))
                            + " is expected");
        }
        return known;
    }

    /**
     * @throws ModelLoadException where a key is missing or says what is not served
     */
    static ObjectNode of(GgufFile file) throws IOException {
        return new ImportedConfig(file).json();
    }

    private ObjectNode json() throws IOException {
        int hidden = size("embedding_length", MOST);
        int heads = size("attention.head_count", MOST_LAYERS);
        int context = size("context_length", MOST);
        int headDim = headDim(Math.max(1, hidden / heads));
        refuse("expert_count", 0);
        if (metadata.has(key("attention.sliding_window"))) {
            refuse("attention.sliding_window", context);
        }
        ObjectNode json = ModelConfig.JSON.createObjectNode();
        json.putArray("architectures").add(architecture.className());
        json.put("model_type", architecture.key())
                .put("vocab_size", rows("token_embd.weight"))
                .put("hidden_size", hidden)
                .put("intermediate_size", size("feed_forward_length", MOST))
                .put("num_hidden_layers", size("block_count", MOST_LAYERS))
                .put("num_attention_heads", heads)
                .put(
                        "num_key_value_heads",
                        metadata.integer(key("attention.head_count_kv"), 1, heads, heads))
                .put("head_dim", headDim)
                .put("max_position_embeddings", context)
                .put(
                        "rms_norm_eps",
                        written(metadata.number(key("attention.layer_norm_rms_epsilon"))))
                .put("hidden_act", "silu")
                .put("tie_word_embeddings", file.find("output.weight") == null)
                .put(
                        "attention_bias",
                        architecture == GgufArchitecture.LLAMA
                                && file.find("blk.0.attn_q.bias") != null)
                .put("mlp_bias", file.find("blk.0.ffn_gate.bias") != null);
        putRope(json, headDim);
        return json;
    }

    private int headDim(int absent) {
        int headDim = metadata.integer(key("attention.key_length"), 2, MOST, absent);
        for (String same : new String[] {"attention.value_length", "rope.dimension_count"}) {
            if (metadata.integer(key(same), 1, MOST, headDim) != headDim) {
                throw metadata.bad(key(same), headDim + ", as the keys' length, is expected");
            }
        }
        if (headDim % 2 != 0) {
            throw metadata.bad(
                    key("attention.key_length"), "an even number is expected, not " + headDim);
        }
        return headDim;
    }

    private void putRope(ObjectNode json, int headDim) throws IOException {
        double theta = written(metadata.number(key("rope.freq_base"), 10_000));
        json.put("rope_theta", theta);
        double linear = linearFactor();
        GgufTensor factors = file.find(RopeScaling.FACTORS);
        if (factors != null && linear != 1) {
            throw metadata.bad(
                    key("rope.scaling.type"), "none beside tensor " + RopeScaling.FACTORS);
        }
        if (linear != 1) {
            json.putObject("rope_scaling").put("rope_type", "linear").put("factor", linear);
        }
        if (factors != null) {
            int original = metadata.integer(key(RopeScaling.ORIGINAL_CONTEXT), 1, MOST, 8192);
            float[] divisors = divisors(factors, headDim);
            RopeScaling.Llama3 llama3 = Llama3Fit.of(divisors, theta, original);
            if (llama3 == null) {
                throw new ModelLoadException(
                        file.path()
                                + ": tensor "
                                + RopeScaling.FACTORS
                                + " scales rotary frequencies in another way than Llama 3 does;"
                                + " only that one can be written into a config.json");
            }
            if (llama3.factor() > 1) {
                json.set("rope_scaling", llama3.json());
            }
        }
    }

    private float[] divisors(GgufTensor factors, int headDim) throws IOException {
        float[] divisors = new float[headDim / 2];
        if (factors.shape().size() != 1 || factors.shape().getFirst() != divisors.length) {
            throw new ModelLoadException(
                    file.path()
                            + ": tensor "
                            + factors.name()
                            + " has shape "
                            + factors.shape()
                            + "; ["
                            + divisors.length
                            + "] is expected");
        }
        file.elements(factors).read(0, divisors, divisors.length);
        return divisors;
    }

    private double linearFactor() {
        String type = metadata.string(key("rope.scaling.type"), "none");
        return switch (type) {
            case "none" -> written(metadata.number(key("rope.scale_linear"), 1));
            case "linear" -> written(metadata.number(key("rope.scaling.factor")));
            default -> throw metadata.bad(key("rope.scaling.type"), "none or linear is expected");
        };
    }

    private int rows(String name) {
        GgufTensor tensor = file.find(name);
        if (tensor == null || tensor.shape().getFirst() > MOST) {
            throw new ModelLoadException(
                    file.path() + ": tensor " + name + " of 1 to " + MOST + " rows is expected");
        }
        return Math.toIntExact(tensor.shape().getFirst());
    }

    /** Refuses a key that says anything but {@code accepted}, which is what absence means. */
    private void refuse(String key, int accepted) {
        if (metadata.integer(key(key), 0, Integer.MAX_VALUE, accepted) != accepted) {
            throw metadata.bad(key(key), accepted + " is expected");
        }
    }

    private int size(String key, int most) {
        return metadata.integer(key(key), 1, most);
    }

    private String key(String name) {
        return architecture.key() + "." + name;
    }

    /** A float as one writes it down: 1e-5, not the double nearest to the float. */
    private static double written(double value) {
        return Double.parseDouble(Float.toString((float) value));
    }
}

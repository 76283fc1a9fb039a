package dev.millrace.gpustage.model;

import dev.millrace.gpustage.model.LinearWeights.Part;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Hands a Llama checkpoint's tensors to the module under the names that {@code llama.ts.py} lists.
 *
 * <p>Runs on the loading thread. Linear layers are as {@link LinearWeights} gives them, queries and
 * keys in {@link RotaryOrder}.
 */
final class LlamaWeights {
    private static final String EMBEDDING = "model.embed_tokens.weight";

    private final LlamaShape shape;
    private final CheckpointIndex checkpoint;
    private final LinearWeights linear;

    LlamaWeights(LlamaShape shape, CheckpointIndex checkpoint, LinearWeights linear) {
        this.shape = shape;
        this.checkpoint = checkpoint;
        this.linear = linear;
    }

    void register(ScriptModule module) {
        try (TensorScope _ = TensorScope.open()) {
            module.attribute(
                    "embed_tokens",
                    checkpoint.floats(EMBEDDING, shape.vocabularySize(), shape.hidden()));
            module.attribute("norm", normWeight("model.norm.weight"));
            module.attribute("root_eps", scalar(shape.hidden() * shape.normEps()));
            module.attribute("head_root_eps", scalar(shape.headDim() * shape.normEps()));
            module.attribute(
                    "inv_freq", NativeTensors.copyOf(shape.rotary().frequencies(shape.headDim())));
        }
        String head = shape.tiedEmbeddings() ? EMBEDDING : "lm_head.weight";
        int q = shape.heads() * shape.headDim();
        int kv = shape.kvHeads() * shape.headDim();
        int hidden = shape.hidden();
        int ffn = shape.ffn();
        each(module, "input_layernorm", i -> normWeight(i, "input_layernorm"));
        each(module, "post_attention_layernorm", i -> normWeight(i, "post_attention_layernorm"));
        try (TensorScope _ = TensorScope.open()) {
            module.attribute(
                    "lm_head", linear.matrix(hidden, new Part(head, shape.vocabularySize())));
        }
        each(
                module,
                "qkv_proj",
                i ->
                        linear.matrix(
                                hidden,
                                rotated(i, "self_attn.q_proj", q),
                                rotated(i, "self_attn.k_proj", kv),
                                part(i, "self_attn.v_proj", kv)));
        each(module, "o_proj", i -> linear.matrix(q, part(i, "self_attn.o_proj", hidden)));
        each(
                module,
                "gate_up_proj",
                i ->
                        linear.matrix(
                                hidden,
                                part(i, "mlp.gate_proj", ffn),
                                part(i, "mlp.up_proj", ffn)));
        each(module, "down_proj", i -> linear.matrix(ffn, part(i, "mlp.down_proj", hidden)));
        if (shape.headNorm()) {
            each(module, "q_norm", i -> headNormWeight(i, "self_attn.q_norm"));
            each(module, "k_norm", i -> headNormWeight(i, "self_attn.k_norm"));
        } else {
            none(module, "q_norm", "k_norm");
        }
        registerBiases(module, q, kv);
    }

    private void registerBiases(ScriptModule module, int q, int kv) {
        int ffn = shape.ffn();
        if (shape.qkvBias()) {
            each(
                    module,
                    "qkv_bias",
                    i ->
                            NativeTensors.stack(
                                    reordered(bias(i, "self_attn.q_proj", q)),
                                    reordered(bias(i, "self_attn.k_proj", kv)),
                                    bias(i, "self_attn.v_proj", kv)));
        } else {
            none(module, "qkv_bias");
        }
        if (shape.outputBias()) {
            each(module, "o_bias", i -> bias(i, "self_attn.o_proj", shape.hidden()));
        } else {
            none(module, "o_bias");
        }
        if (shape.mlpBias()) {
            each(
                    module,
                    "gate_up_bias",
                    i ->
                            NativeTensors.stack(
                                    bias(i, "mlp.gate_proj", ffn), bias(i, "mlp.up_proj", ffn)));
            each(module, "down_bias", i -> bias(i, "mlp.down_proj", shape.hidden()));
        } else {
            none(module, "gate_up_bias", "down_bias");
        }
    }

    private interface LayerTensor {
        Tensor of(int layer);
    }

    private void each(ScriptModule module, String name, LayerTensor tensor) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < shape.layers(); i++) {
                tensors.add(tensor.of(i));
            }
            module.attribute(name, tensors);
        }
    }

    private static void none(ScriptModule module, String... names) {
        for (String name : names) {
            module.attribute(name, List.of());
        }
    }

    private static Part part(int layer, String name, long rows) {
        return new Part("model.layers." + layer + "." + name + ".weight", rows);
    }

    private Part rotated(int layer, String name, int rows) {
        return new Part("model.layers." + layer + "." + name + ".weight", rows, shape.headDim());
    }

    private Tensor reordered(Tensor vector) {
        return RotaryOrder.of(vector, shape.headDim());
    }

    private Tensor normWeight(int layer, String name) {
        return normWeight("model.layers." + layer + "." + name + ".weight");
    }

    private Tensor normWeight(String name) {
        return NativeTensors.scaled(
                checkpoint.floats(name, shape.hidden()), Math.sqrt(shape.hidden()));
    }

    private Tensor headNormWeight(int layer, String name) {
        Tensor weight =
                checkpoint.floats(
                        "model.layers." + layer + "." + name + ".weight", shape.headDim());
        return NativeTensors.scaled(reordered(weight), Math.sqrt(shape.headDim()));
    }

    private static Tensor scalar(double square) {
        return NativeTensors.copyOf(new float[] {(float) Math.sqrt(square)});
    }

    private Tensor bias(int layer, String name, long length) {
        return checkpoint.floats("model.layers." + layer + "." + name + ".bias", length);
    }
}

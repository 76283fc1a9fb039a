package dev.millrace.gpustage.model;

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
 * <p>Runs on the loading thread. Tensors that the source wants one below the other are copied once;
 * all others stay views of the mapped file.
 */
final class LlamaWeights {
    private final LlamaShape shape;
    private final CheckpointIndex checkpoint;

    LlamaWeights(LlamaShape shape, CheckpointIndex checkpoint) {
        this.shape = shape;
        this.checkpoint = checkpoint;
    }

    void register(ScriptModule module) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor embedding =
                    checkpoint.floats(
                            "model.embed_tokens.weight", shape.vocabularySize(), shape.hidden());
            module.attribute("embed_tokens", embedding);
            module.attribute("norm", checkpoint.floats("model.norm.weight", shape.hidden()));
            module.attribute(
                    "lm_head",
                    shape.tiedEmbeddings()
                            ? embedding
                            : checkpoint.floats(
                                    "lm_head.weight", shape.vocabularySize(), shape.hidden()));
            module.attribute(
                    "inv_freq", NativeTensors.copyOf(shape.rotary().frequencies(shape.headDim())));
        }
        int q = shape.heads() * shape.headDim();
        int kv = shape.kvHeads() * shape.headDim();
        int hidden = shape.hidden();
        int ffn = shape.ffn();
        each(module, "input_layernorm", i -> weight(i, "input_layernorm", hidden));
        each(
                module,
                "post_attention_layernorm",
                i -> weight(i, "post_attention_layernorm", hidden));
        each(
                module,
                "qkv_proj",
                i ->
                        NativeTensors.stack(
                                weight(i, "self_attn.q_proj", q, hidden),
                                weight(i, "self_attn.k_proj", kv, hidden),
                                weight(i, "self_attn.v_proj", kv, hidden)));
        each(module, "o_proj", i -> weight(i, "self_attn.o_proj", hidden, q));
        each(
                module,
                "gate_up_proj",
                i ->
                        NativeTensors.stack(
                                weight(i, "mlp.gate_proj", ffn, hidden),
                                weight(i, "mlp.up_proj", ffn, hidden)));
        each(module, "down_proj", i -> weight(i, "mlp.down_proj", hidden, ffn));
        if (shape.headNorm()) {
            each(module, "q_norm", i -> weight(i, "self_attn.q_norm", shape.headDim()));
            each(module, "k_norm", i -> weight(i, "self_attn.k_norm", shape.headDim()));
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
                                    bias(i, "self_attn.q_proj", q),
                                    bias(i, "self_attn.k_proj", kv),
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

    private Tensor weight(int layer, String name, long... lengths) {
        return checkpoint.floats("model.layers." + layer + "." + name + ".weight", lengths);
    }

    private Tensor bias(int layer, String name, long length) {
        return checkpoint.floats("model.layers." + layer + "." + name + ".bias", length);
    }
}

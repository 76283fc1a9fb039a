package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Hands a GPT-2 checkpoint's tensors to the module under the names that {@code gpt2.ts.py} lists.
 *
 * <p>Runs on the loading thread. Names are the checkpoint's, with or without the prefix {@code
 * transformer.}; none is copied.
 */
final class Gpt2Weights {
    private final Gpt2Shape shape;
    private final CheckpointIndex checkpoint;
    private final String prefix;

    Gpt2Weights(Gpt2Shape shape, CheckpointIndex checkpoint) {
        this.shape = shape;
        this.checkpoint = checkpoint;
        this.prefix = checkpoint.contains("transformer.wte.weight") ? "transformer." : "";
    }

    void register(ScriptModule module) {
        int hidden = shape.hidden();
        int ffn = shape.ffn();
        try (TensorScope _ = TensorScope.open()) {
            Tensor wte = floats("wte.weight", shape.vocabularySize(), hidden);
            module.attribute("wte", wte);
            module.attribute("wpe", floats("wpe.weight", shape.contextTokens(), hidden));
            module.attribute("ln_f", floats("ln_f.weight", hidden));
            module.attribute("ln_f_bias", floats("ln_f.bias", hidden));
            // The head lies outside of what the prefix is for.
            module.attribute(
                    "lm_head",
                    shape.tiedEmbeddings()
                            ? wte
                            : checkpoint.floats("lm_head.weight", shape.vocabularySize(), hidden));
        }
        each(module, "ln_1", "ln_1", hidden);
        each(module, "c_attn", "attn.c_attn", hidden, 3L * hidden);
        each(module, "attn_c_proj", "attn.c_proj", hidden, hidden);
        each(module, "ln_2", "ln_2", hidden);
        each(module, "c_fc", "mlp.c_fc", hidden, ffn);
        each(module, "mlp_c_proj", "mlp.c_proj", ffn, hidden);
    }

    /** Sets the weights and biases of all layers; a bias is as long as the weight's last side. */
    private void each(ScriptModule module, String attribute, String name, long... lengths) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> weights = new ArrayList<>();
            List<Tensor> biases = new ArrayList<>();
            for (int i = 0; i < shape.layers(); i++) {
                String layer = "h." + i + "." + name;
                weights.add(floats(layer + ".weight", lengths));
                biases.add(floats(layer + ".bias", lengths[lengths.length - 1]));
            }
            module.attribute(attribute, weights);
            module.attribute(attribute + "_bias", biases);
        }
    }

    private Tensor floats(String name, long... lengths) {
        return checkpoint.floats(prefix + name, lengths);
    }
}

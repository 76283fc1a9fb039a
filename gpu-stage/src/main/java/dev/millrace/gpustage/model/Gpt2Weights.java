package dev.millrace.gpustage.model;

import dev.millrace.gpustage.model.LinearWeights.Part;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * Hands a GPT-2 checkpoint's tensors to the module under the names that {@code gpt2.ts.py} lists.
 *
 * <p>Runs on the loading thread. Names are the checkpoint's, with or without the prefix {@code
 * transformer.}. Matrices of layers are stored [in, out], the head as [out, in].
 */
final class Gpt2Weights {
    private final Gpt2Shape shape;
    private final CheckpointIndex checkpoint;
    private final LinearWeights linear;
    private final String prefix;

    Gpt2Weights(Gpt2Shape shape, CheckpointIndex checkpoint, LinearWeights linear) {
        this.shape = shape;
        this.checkpoint = checkpoint;
        this.linear = linear;
        this.prefix = checkpoint.contains("transformer.wte.weight") ? "transformer." : "";
    }

    void register(ScriptModule module) {
        int hidden = shape.hidden();
        int ffn = shape.ffn();
        try (TensorScope _ = TensorScope.open()) {
            module.attribute("wte", floats("wte.weight", shape.vocabularySize(), hidden));
            module.attribute("wpe", floats("wpe.weight", shape.contextTokens(), hidden));
            module.attribute("ln_f", floats("ln_f.weight", hidden));
            module.attribute("ln_f_bias", floats("ln_f.bias", hidden));
            // The head lies outside of what the prefix is for.
            String head = shape.tiedEmbeddings() ? prefix + "wte.weight" : "lm_head.weight";
            module.attribute(
                    "lm_head", linear.matrix(hidden, new Part(head, shape.vocabularySize())));
        }
        norms(module, "ln_1");
        matrices(module, "c_attn", "attn.c_attn", hidden, 3 * hidden);
        matrices(module, "attn_c_proj", "attn.c_proj", hidden, hidden);
        norms(module, "ln_2");
        matrices(module, "c_fc", "mlp.c_fc", hidden, ffn);
        matrices(module, "mlp_c_proj", "mlp.c_proj", ffn, hidden);
    }

    private void norms(ScriptModule module, String name) {
        each(module, name, layer -> floats(layer + name + ".weight", shape.hidden()));
        each(module, name + "_bias", layer -> floats(layer + name + ".bias", shape.hidden()));
    }

    private void matrices(ScriptModule module, String attribute, String name, int in, int out) {
        each(
                module,
                attribute,
                layer -> linear.transposedMatrix(prefix + layer + name + ".weight", in, out));
        each(module, attribute + "_bias", layer -> floats(layer + name + ".bias", out));
    }

    /** Sets an attribute to one tensor a layer; {@code tensor} gets what their names begin with. */
    private void each(ScriptModule module, String attribute, Function<String, Tensor> tensor) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < shape.layers(); i++) {
                tensors.add(tensor.apply("h." + i + "."));
            }
            module.attribute(attribute, tensors);
        }
    }

    private Tensor floats(String name, long... lengths) {
        return checkpoint.floats(prefix + name, lengths);
    }
}

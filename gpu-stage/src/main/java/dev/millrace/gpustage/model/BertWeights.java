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
 * Hands a BERT checkpoint's tensors to the module under the names that {@code bert.ts.py} lists.
 *
 * <p>Runs on the loading thread. Names are the checkpoint's, with or without the prefix {@code
 * bert.}.
 */
final class BertWeights {
    private final BertShape shape;
    private final CheckpointIndex checkpoint;
    private final LinearWeights linear;
    private final String prefix;

    BertWeights(BertShape shape, CheckpointIndex checkpoint, LinearWeights linear) {
        this.shape = shape;
        this.checkpoint = checkpoint;
        this.linear = linear;
        this.prefix = checkpoint.contains("bert.embeddings.word_embeddings.weight") ? "bert." : "";
    }

    void register(ScriptModule module) {
        int hidden = shape.hidden();
        int ffn = shape.ffn();
        try (TensorScope _ = TensorScope.open()) {
            module.attribute(
                    "word_embeddings", embedding("word_embeddings", shape.vocabularySize()));
            module.attribute(
                    "position_embeddings", embedding("position_embeddings", shape.contextTokens()));
            module.attribute(
                    "token_type_embeddings",
                    embedding("token_type_embeddings", shape.tokenTypes()));
            module.attribute("embeddings_norm", floats("embeddings.LayerNorm.weight", hidden));
            module.attribute("embeddings_norm_bias", floats("embeddings.LayerNorm.bias", hidden));
        }
        each(
                module,
                "qkv",
                i ->
                        linear.matrix(
                                hidden,
                                part(i, "attention.self.query", hidden),
                                part(i, "attention.self.key", hidden),
                                part(i, "attention.self.value", hidden)));
        each(
                module,
                "qkv_bias",
                i ->
                        NativeTensors.stack(
                                floats(layer(i, "attention.self.query.bias"), hidden),
                                floats(layer(i, "attention.self.key.bias"), hidden),
                                floats(layer(i, "attention.self.value.bias"), hidden)));
        linear(module, "attention_output", "attention.output.dense", hidden, hidden);
        norm(module, "attention_norm", "attention.output.LayerNorm");
        linear(module, "intermediate", "intermediate.dense", ffn, hidden);
        linear(module, "output", "output.dense", hidden, ffn);
        norm(module, "output_norm", "output.LayerNorm");
    }

    private interface LayerTensor {
        Tensor of(int layer);
    }

    private void linear(ScriptModule module, String attribute, String name, long out, long in) {
        each(module, attribute, i -> linear.matrix(in, part(i, name, out)));
        each(module, attribute + "_bias", i -> floats(layer(i, name + ".bias"), out));
    }

    private void norm(ScriptModule module, String attribute, String name) {
        each(module, attribute, i -> floats(layer(i, name + ".weight"), shape.hidden()));
        each(module, attribute + "_bias", i -> floats(layer(i, name + ".bias"), shape.hidden()));
    }

    private Part part(int layer, String name, long rows) {
        return new Part(prefix + layer(layer, name + ".weight"), rows);
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

    private static String layer(int index, String name) {
        return "encoder.layer." + index + "." + name;
    }

    private Tensor embedding(String name, int rows) {
        return floats("embeddings." + name + ".weight", rows, shape.hidden());
    }

    private Tensor floats(String name, long... lengths) {
        return checkpoint.floats(prefix + name, lengths);
    }
}

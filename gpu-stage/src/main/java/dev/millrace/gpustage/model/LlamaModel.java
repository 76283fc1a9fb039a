package dev.millrace.gpustage.model;

import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;

/**
 * Loads a {@code LlamaForCausalLM} or a relative that {@link LlamaShape} describes.
 *
 * <p>Runs on the starting thread. The architecture is {@code llama.ts.py}.
 */
public final class LlamaModel {
    private LlamaModel() {}

    /**
     * Loads the model in {@code folder}.
     *
     * @param generationSlots how many generations can be in flight
     * @param maxContextTokens the most tokens of one generation; the model's own limit if that is
     *     lower
     * @param dtype how weights of linear layers are held; arithmetic is fp32 either way
     * @throws ModelLoadException if a file is missing, damaged or of another shape than {@code
     *     config.json} says, or holds a weight that is out of the range of {@code dtype}
     */
    public static StepModel load(
            Path folder, int generationSlots, int maxContextTokens, Dtype dtype) {
        LlamaShape shape = LlamaShape.read(folder);
        int contextTokens = Math.min(shape.contextTokens(), maxContextTokens);
        StepModel.Size size =
                new StepModel.Size(
                        shape.vocabularySize(),
                        contextTokens,
                        generationSlots,
                        shape.layers(),
                        shape.kvHeads(),
                        shape.headDim());
        return StepModel.load(
                folder,
                size,
                "llama.ts.py",
                (module, checkpoint) -> {
                    module.attribute("layers", shape.layers())
                            .attribute("hidden", shape.hidden())
                            .attribute("heads", shape.heads())
                            .attribute("kv_heads", shape.kvHeads())
                            .attribute("head_dim", shape.headDim())
                            .attribute("context", contextTokens)
                            .attribute("window", Math.min(shape.windowTokens(), contextTokens))
                            .attribute("eps", shape.normEps())
                            .attribute("has_fp16_weights", dtype == Dtype.FLOAT16)
                            .attribute("has_head_norm", shape.headNorm())
                            .attribute("has_qkv_bias", shape.qkvBias())
                            .attribute("has_o_bias", shape.outputBias())
                            .attribute("has_mlp_bias", shape.mlpBias());
                    new LlamaWeights(shape, checkpoint, dtype).register(module);
                });
    }
}

package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;

/**
 * Loads a {@code LlamaForCausalLM} or a relative that {@link LlamaShape} describes.
 *
 * <p>Runs on the starting thread. The architecture is {@code llama.ts.py}.
 */
public final class LlamaModel {
    private LlamaModel() {}

    /** The same on the CPU. */
    public static StepModel load(Path folder, CacheLimits limits, WeightFormat format) {
        return load(folder, limits, Placement.cpu(format));
    }

    /**
     * Loads the model in {@code folder}.
     *
     * @param limits of the KV cache and of one generation
     * @param placement where it computes, and how weights of linear layers are held
     * @throws ModelLoadException if a file is missing, damaged or of another shape than {@code
     *     config.json} says, or holds a weight that is out of the range of its format
     */
    public static StepModel load(Path folder, CacheLimits limits, Placement placement) {
        LlamaShape shape = LlamaShape.read(folder);
        int contextTokens = limits.contextTokens(shape.contextTokens());
        StepModel.Size size =
                new StepModel.Size(
                        shape.vocabularySize(),
                        contextTokens,
                        Math.min(shape.windowTokens(), contextTokens),
                        shape.heads(),
                        shape.layerWeights(),
                        KvCacheSize.of(
                                limits,
                                contextTokens,
                                shape.layers(),
                                shape.kvHeads(),
                                shape.headDim()));
        return StepModel.load(
                folder,
                size,
                placement,
                "llama.ts.py",
                (module, checkpoint) -> {
                    module.attribute("layers", shape.layers())
                            .attribute("has_head_norm", shape.headNorm())
                            .attribute("has_qkv_bias", shape.qkvBias())
                            .attribute("has_o_bias", shape.outputBias())
                            .attribute("has_mlp_bias", shape.mlpBias());
                    try (var linear = new LinearWeights(checkpoint, placement.format())) {
                        linear.register(module);
                        new LlamaWeights(shape, checkpoint, linear).register(module);
                    }
                });
    }
}

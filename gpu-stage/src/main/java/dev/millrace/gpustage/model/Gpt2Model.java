package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;

/**
 * Loads a {@code GPT2LMHeadModel}.
 *
 * <p>Runs on the starting thread. The architecture is {@code gpt2.ts.py}.
 */
public final class Gpt2Model {
    private Gpt2Model() {}

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
        Gpt2Shape shape = Gpt2Shape.read(folder);
        int contextTokens = limits.contextTokens(shape.contextTokens());
        StepModel.Size size =
                new StepModel.Size(
                        shape.vocabularySize(),
                        contextTokens,
                        contextTokens,
                        shape.heads(),
                        shape.layerWeights(),
                        KvCacheSize.of(
                                limits,
                                contextTokens,
                                shape.layers(),
                                shape.heads(),
                                shape.headDim()));
        return StepModel.load(
                folder,
                size,
                placement,
                "gpt2.ts.py",
                (module, checkpoint) -> {
                    module.attribute("layers", shape.layers())
                            .attribute("hidden", shape.hidden())
                            .attribute("eps", shape.normEps());
                    try (var linear = new LinearWeights(checkpoint, placement.format())) {
                        linear.register(module);
                        new Gpt2Weights(shape, checkpoint, linear).register(module);
                    }
                });
    }
}

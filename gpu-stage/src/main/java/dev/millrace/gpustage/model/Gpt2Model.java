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

    /**
     * Loads the model in {@code folder}.
     *
     * @param generationSlots how many generations can be in flight
     * @param maxContextTokens the most tokens of one generation; the model's own limit if that is
     *     lower
     * @throws ModelLoadException if a file is missing, damaged or of another shape than {@code
     *     config.json} says
     */
    public static StepModel load(Path folder, int generationSlots, int maxContextTokens) {
        Gpt2Shape shape = Gpt2Shape.read(folder);
        int contextTokens = Math.min(shape.contextTokens(), maxContextTokens);
        StepModel.Size size =
                new StepModel.Size(
                        shape.vocabularySize(),
                        contextTokens,
                        generationSlots,
                        shape.layers(),
                        shape.heads(),
                        shape.headDim());
        return StepModel.load(
                folder,
                size,
                "gpt2.ts.py",
                (module, checkpoint) -> {
                    module.attribute("layers", shape.layers())
                            .attribute("hidden", shape.hidden())
                            .attribute("heads", shape.heads())
                            .attribute("head_dim", shape.headDim())
                            .attribute("context", contextTokens)
                            .attribute("eps", shape.normEps());
                    new Gpt2Weights(shape, checkpoint).register(module);
                });
    }
}

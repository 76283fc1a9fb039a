package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;

/**
 * A {@code LlamaForCausalLM}, or a relative that {@link LlamaShape} describes, with the keys and
 * values of a fixed number of generations.
 *
 * <p>Loaded by the starting thread, stepped by its lane's thread only. The architecture is {@code
 * llama.ts.py}; one step is one native call over every running generation, prompt chunks and single
 * tokens mixed. Arithmetic is fp32 whatever the checkpoint holds.
 */
public final class LlamaModel implements AutoCloseable {
    private final LlamaShape shape;
    private final int contextTokens;
    private final int generationSlots;
    private final CheckpointIndex checkpoint;
    private final ScriptModule module;
    private final Tensor keys;
    private final Tensor values;

    private LlamaModel(
            LlamaShape shape,
            int contextTokens,
            int generationSlots,
            CheckpointIndex checkpoint,
            ScriptModule module,
            Tensor keys,
            Tensor values) {
        this.shape = shape;
        this.contextTokens = contextTokens;
        this.generationSlots = generationSlots;
        this.checkpoint = checkpoint;
        this.module = module;
        this.keys = keys;
        this.values = values;
    }

    /**
     * Loads the model in {@code folder}.
     *
     * @param generationSlots how many generations can be in flight
     * @param maxContextTokens the most tokens of one generation; the model's own limit if that is
     *     lower
     * @throws ModelLoadException if a file is missing, damaged or of another shape than {@code
     *     config.json} says
     */
    public static LlamaModel load(Path folder, int generationSlots, int maxContextTokens) {
        LlamaShape shape = LlamaShape.read(folder);
        CheckpointIndex checkpoint = CheckpointIndex.open(folder);
        ScriptModule module = ScriptModule.named("Llama");
        try {
            int contextTokens = Math.min(shape.contextTokens(), maxContextTokens);
            module.attribute("layers", shape.layers())
                    .attribute("hidden", shape.hidden())
                    .attribute("heads", shape.heads())
                    .attribute("kv_heads", shape.kvHeads())
                    .attribute("head_dim", shape.headDim())
                    .attribute("context", contextTokens)
                    .attribute("window", Math.min(shape.windowTokens(), contextTokens))
                    .attribute("eps", shape.normEps())
                    .attribute("attention_bias", shape.attentionBias())
                    .attribute("mlp_bias", shape.mlpBias());
            new LlamaWeights(shape, checkpoint).register(module);
            module.compile(LlamaModel.class, "llama.ts.py");
            return withCache(folder, shape, contextTokens, generationSlots, checkpoint, module)
                    .warmedUp();
        } catch (RuntimeException e) {
            module.close();
            checkpoint.close();
            throw e;
        }
    }

    /** Not cleared: a position is written before it is read, and becomes resident only then. */
    private static LlamaModel withCache(
            Path folder,
            LlamaShape shape,
            int contextTokens,
            int generationSlots,
            CheckpointIndex checkpoint,
            ScriptModule module) {
        long rows = (long) generationSlots * contextTokens;
        try (TensorScope scope = TensorScope.open()) {
            Tensor keys = cache(shape, rows);
            Tensor values = cache(shape, rows);
            return new LlamaModel(
                    shape,
                    contextTokens,
                    generationSlots,
                    checkpoint,
                    module,
                    scope.keep(keys),
                    scope.keep(values));
        } catch (RuntimeException e) {
            throw new ModelLoadException(
                    folder
                            + ": no memory for the keys and values of "
                            + generationSlots
                            + " generations of "
                            + contextTokens
                            + " tokens; fewer slots or a lower context bound are expected",
                    e);
        }
    }

    private static Tensor cache(LlamaShape shape, long rows) {
        return NativeTensors.empty(
                Datatype.FP32, shape.layers(), rows, shape.kvHeads(), shape.headDim());
    }

    /** Computes one token, so that whatever is done once is done before the first request. */
    private LlamaModel warmedUp() {
        try (StepBatch batch = new StepBatch(1, 1);
                TensorScope scope = TensorScope.open()) {
            batch.beginEntry(0, 0);
            batch.addToken(0);
            step(batch, scope);
            return this;
        } catch (RuntimeException e) {
            TensorScope.free(keys);
            TensorScope.free(values);
            throw e;
        }
    }

    /** What {@code config.json} says. */
    public LlamaShape shape() {
        return shape;
    }

    /** The most tokens of one generation, prompt and answer together. */
    public int contextTokens() {
        return contextTokens;
    }

    /** How many generations can be in flight. */
    public int generationSlots() {
        return generationSlots;
    }

    /** Native bytes of all keys and values. */
    public long cacheBytes() {
        return keys.nbytes() + values.nbytes();
    }

    /**
     * Computes one step.
     *
     * @param batch entries whose slots are below {@link #generationSlots}, positions below {@link
     *     #contextTokens}, and token ids below the vocabulary's size
     * @param scope the open scope that owns the result
     * @return logits float32[entries, vocabulary], of the last token of each entry; valid until the
     *     scope closes
     */
    public MemorySegment step(StepBatch batch, TensorScope scope) {
        assert scope.isOpen() : "the step's scope is closed";
        int tokens = batch.tokenCount();
        int entries = batch.entryCount();
        Tensor logits =
                module.forward(
                        NativeTensors.over(batch.tokenIds().address(), Datatype.INT64, tokens),
                        NativeTensors.over(batch.positions().address(), Datatype.INT64, tokens),
                        NativeTensors.over(batch.entries().address(), Datatype.INT64, entries, 3),
                        keys,
                        values);
        return NativeTensors.memory(logits);
    }

    /** Frees weights, keys and values. */
    @Override
    public void close() {
        TensorScope.free(keys);
        TensorScope.free(values);
        module.close();
        checkpoint.close();
    }
}

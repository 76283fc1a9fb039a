package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A text model of any family, with the keys and values of a fixed number of generations.
 *
 * <p>Loaded by the starting thread, stepped by its lane's thread only. One step is one native call
 * over every running generation, prompt chunks and single tokens mixed. Arithmetic is fp32 whatever
 * the checkpoint or {@link LinearWeights} hold.
 */
public final class StepModel implements AutoCloseable {
    private final Size size;
    private final CheckpointIndex checkpoint;
    private final ScriptModule module;
    private final Tensor keys;
    private final Tensor values;

    private StepModel(
            Size size,
            CheckpointIndex checkpoint,
            ScriptModule module,
            Tensor keys,
            Tensor values) {
        this.size = size;
        this.checkpoint = checkpoint;
        this.module = module;
        this.keys = keys;
        this.values = values;
    }

    /**
     * What a step's inputs, outputs and cache are sized by.
     *
     * @param vocabularySize token ids are below it; columns of the logits
     * @param contextTokens the most tokens of one generation, prompt and answer together
     * @param generationSlots how many generations can be in flight
     * @param layers of the cache
     * @param kvHeads key and value heads of a layer
     * @param headDim width of a head
     */
    record Size(
            int vocabularySize,
            int contextTokens,
            int generationSlots,
            int layers,
            int kvHeads,
            int headDim) {
        Tensor cache() {
            long rows = (long) generationSlots * contextTokens;
            return NativeTensors.empty(Datatype.FP32, layers, rows, kvHeads, headDim);
        }
    }

    /**
     * Loads the checkpoint in {@code folder} into the architecture that {@code source} describes.
     *
     * @param source a TorchScript resource whose {@code forward} takes what {@link #step} hands it
     * @param attributes sets what the source reads from {@code self}
     */
    static StepModel load(
            Path folder,
            Size size,
            String source,
            BiConsumer<ScriptModule, CheckpointIndex> attributes) {
        CheckpointIndex checkpoint = CheckpointIndex.open(folder);
        ScriptModule module = ScriptModule.named(source.substring(0, source.indexOf('.')));
        try {
            attributes.accept(module, checkpoint);
            module.compile(StepModel.class, source);
            return withCache(folder, size, checkpoint, module).warmedUp();
        } catch (RuntimeException e) {
            module.close();
            checkpoint.close();
            throw e;
        }
    }

    /** Not cleared: a position is written before it is read, and becomes resident only then. */
    private static StepModel withCache(
            Path folder, Size size, CheckpointIndex checkpoint, ScriptModule module) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor keys = size.cache();
            Tensor values = size.cache();
            return new StepModel(size, checkpoint, module, scope.keep(keys), scope.keep(values));
        } catch (RuntimeException e) {
            throw new ModelLoadException(
                    folder
                            + ": no memory for the keys and values of "
                            + size.generationSlots
                            + " generations of "
                            + size.contextTokens
                            + " tokens; fewer slots or a lower context bound are expected",
                    e);
        }
    }

    /** Computes one token, so that whatever is done once is done before the first request. */
    private StepModel warmedUp() {
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

    /** Token ids are below it; as many logits a step gives for each entry. */
    public int vocabularySize() {
        return size.vocabularySize;
    }

    /** The most tokens of one generation, prompt and answer together. */
    public int contextTokens() {
        return size.contextTokens;
    }

    /** How many generations can be in flight. */
    public int generationSlots() {
        return size.generationSlots;
    }

    /** Native bytes of all keys and values. */
    public long cacheBytes() {
        return keys.nbytes() + values.nbytes();
    }

    /**
     * Computes one step.
     *
     * @param batch entries whose slots are below {@link #generationSlots}, positions below {@link
     *     #contextTokens}, and token ids below {@link #vocabularySize}
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

package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.attention.PagedAttention;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A text model of any family, with the KV-cache blocks of its generations.
 *
 * <p>Loaded by the starting thread, stepped by its lane's thread and that thread's partners. One
 * step computes many generations, prompt chunks and single tokens mixed. Arithmetic is fp32 but for
 * what {@link LinearWeights} say.
 *
 * <p>A step is one native call; or, where {@link Placement#readsPages}, one from each layer's
 * attention to the next. {@link PagedAttention} then attends for single tokens between them.
 */
public final class StepModel implements AutoCloseable {
    // After so many calls vectors are compiled; before, each of them is an object. The compiler
    // has them ready in less time than this where it has a core.
    private static final int COMPILING_CALLS = 1500;
    private static final long COMPILING_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final Size size;
    private final CheckpointIndex checkpoint;
    private final ScriptModule module;
    private final KvCache cache;
    private final Placement placement;

    private StepModel(
            Size size,
            Placement placement,
            CheckpointIndex checkpoint,
            ScriptModule module,
            KvCache cache) {
        this.size = size;
        this.placement = placement;
        this.checkpoint = checkpoint;
        this.module = module;
        this.cache = cache;
    }

    /**
     * What a step's inputs and outputs are sized by.
     *
     * @param vocabularySize token ids are below it; columns of the logits
     * @param contextTokens the most tokens of one generation, prompt and answer together
     * @param windowTokens how many tokens a token sees, itself among them
     * @param heads query heads
     * @param layerWeights elements of a layer's matrices
     * @param cache the KV cache
     */
    record Size(
            int vocabularySize,
            int contextTokens,
            int windowTokens,
            int heads,
            long layerWeights,
            KvCacheSize cache) {}

    /** Sets what a family's source reads from {@code self}. */
    interface Attributes {
        void set(ScriptModule module, CheckpointIndex checkpoint);
    }

    /**
     * Loads the checkpoint in {@code folder} into the architecture that {@code source} describes.
     *
     * @param placement where it computes
     * @param source a TorchScript resource with what {@code step.ts.py} calls
     */
    static StepModel load(
            Path folder, Size size, Placement placement, String source, Attributes attributes) {
        CheckpointIndex checkpoint = CheckpointIndex.open(folder);
        ScriptModule module =
                ScriptModule.named(source.substring(0, source.indexOf('.')), placement.device());
        try {
            attributes.set(module, checkpoint);
            KvCache cache = cache(folder, size.cache, placement);
            try {
                StepModel model = new StepModel(size, placement, checkpoint, module, cache);
                model.compile(source);
                model.warmUp();
                return model;
            } catch (RuntimeException e) {
                cache.close();
                throw e;
            }
        } catch (RuntimeException e) {
            module.close();
            checkpoint.close();
            throw e;
        }
    }

    private static KvCache cache(Path folder, KvCacheSize size, Placement placement) {
        try {
            return new KvCache(size, placement);
        } catch (OutOfMemoryError | RuntimeException e) {
            throw new ModelLoadException(
                    folder
                            + ": no memory for "
                            + size.blocks()
                            + " KV-cache blocks of "
                            + size.blockTokens()
                            + " tokens; fewer generation.cache-tokens or a lower"
                            + " generation.max-context-tokens are expected",
                    e);
        }
    }

    private void compile(String source) {
        module.attribute("cache", cache.tensors())
                .attribute("heads", size.heads)
                .attribute("kv_heads", size.cache.kvHeads())
                .attribute("head_dim", size.cache.headDim())
                .attribute("block_tokens", size.cache.blockTokens())
                .attribute("window", size.windowTokens)
                .compile(
                        StepModel.class,
                        "linear.ts.py",
                        "attention.ts.py",
                        source,
                        placement.readsPages() ? "pieces.ts.py" : "step.ts.py");
    }

    /** Does whatever is done once before the first request: computes a token, compiles. */
    private void warmUp() {
        int start = Math.min(4 * blockTokens(), size.contextTokens) - 1;
        try (StepBatch batch = StepBatch.of(this, 1, 1);
                Arena arena = Arena.ofConfined()) {
            batch.beginEntry(start, 1);
            for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
                batch.addBlock(0);
            }
            batch.addToken(0, true);
            step(batch).close();
            if (placement.readsPages()) {
                compile(batch, arena);
            }
        }
    }

    private void compile(StepBatch batch, Arena arena) {
        long width = attentionWidth() + 2L * size.cache.kvHeads() * size.cache.headDim();
        MemorySegment qkv = arena.allocate(width * Float.BYTES, Float.BYTES);
        MemorySegment out = arena.allocate(attentionWidth() * Float.BYTES, Float.BYTES);
        long begun = System.nanoTime();
        for (int i = 0; i < COMPILING_CALLS && System.nanoTime() - begun < COMPILING_NANOS; i++) {
            batch.attend(cache.layer(0), qkv, out);
        }
    }

    /** Token ids are below it; as many logits a row has. */
    public int vocabularySize() {
        return size.vocabularySize;
    }

    /** The most tokens of one generation, prompt and answer together. */
    public int contextTokens() {
        return size.contextTokens;
    }

    /** How many tokens a token sees, itself among them. */
    public int windowTokens() {
        return size.windowTokens;
    }

    /** Where it computes, and how it holds its matrices. */
    public Placement placement() {
        return placement;
    }

    /** Elements of a layer's matrices. */
    public long layerWeights() {
        return size.layerWeights;
    }

    /** Elements of a layer's queries. */
    public long attentionWidth() {
        return (long) size.heads * size.cache.headDim();
    }

    /** What attends for single tokens, for one thread at a time; null where the script does. */
    @Nullable PagedAttention attention() {
        KvCacheSize cache = size.cache;
        return placement.readsPages()
                ? new PagedAttention(
                        size.heads, cache.kvHeads(), cache.headDim(), cache.blockTokens())
                : null;
    }

    /** KV-cache blocks. */
    public int blocks() {
        return size.cache.blocks();
    }

    /** Tokens of a block. */
    public int blockTokens() {
        return size.cache.blockTokens();
    }

    /** Native bytes of a layer's keys and values in a block. */
    long layerBlockBytes() {
        return size.cache.layerBytes() / size.cache.blocks();
    }

    /** Native bytes of all keys and values. */
    public long cacheBytes() {
        return cache.bytes();
    }

    /**
     * Computes a step, or a part of one. Several threads may each compute a part at once, over
     * batches of different generations that have no block in common but full ones, which are only
     * read.
     *
     * @param batch entries whose blocks are below {@link #blocks}, positions below {@link
     *     #contextTokens}, and token ids below {@link #vocabularySize}
     * @return logits of the tokens that ask for them, in order; whoever asked closes them
     */
    public StepLogits step(StepBatch batch) {
        batch.seal();
        int tokens = batch.tokenCount();
        try (TensorScope scope = TensorScope.open()) {
            Tensor[] inputs = {
                batch.tokenIds().tensor(tokens),
                batch.positions().tensor(tokens),
                batch.cacheRows().tensor(tokens),
                batch.firstPositions().tensor(batch.firstPositions().size()),
                batch.tables().tensor(batch.tables().size()),
                batch.logitRows().tensor(batch.logitCount())
            };
            Tensor groups = batch.groups().tensor(batch.groups().size() / 4, 4);
            Tensor begun = batch.begunBlocks().tensor(batch.begunBlocks().size());
            Tensor logits =
                    placement.readsPages()
                            ? inPieces(batch, inputs, groups, begun)
                            : inOneCall(inputs, groups, begun);
            return batch.logitCount() == 0
                    ? StepLogits.NONE
                    : new StepLogits(scope, TorchDevice.CPU.moved(logits));
        }
    }

    private Tensor inOneCall(Tensor[] inputs, Tensor groups, Tensor begun) {
        if (placement.format().isPlain()) {
            move(inputs);
        }
        return module.forward(
                inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], groups, begun);
    }

    private Tensor inPieces(StepBatch batch, Tensor[] inputs, Tensor groups, Tensor begun) {
        Tensor attended = NativeTensors.empty(Datatype.FP32, batch.tokenCount(), attentionWidth());
        MemorySegment out = NativeTensors.memory(attended);
        IValue step =
                module.begin(
                        "begin", inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5],
                        groups, begun, attended);
        int layers = size.cache.layers();
        for (int layer = 0; layer < layers; layer++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor qkv = module.call("piece", step, layer);
                batch.attend(cache.layer(layer), NativeTensors.memory(qkv), out);
            }
        }
        return module.call("piece", step, layers);
    }

    /** Moves lists to the device in one transfer. */
    private void move(Tensor[] lists) {
        Tensor all = placement.device().moved(NativeTensors.stack(lists));
        long from = 0;
        for (int i = 0; i < lists.length; i++) {
            long to = from + lists[i].numel();
            lists[i] = NativeTensors.part(all, from, to);
            from = to;
        }
    }

    /** Frees weights, keys and values. */
    @Override
    public void close() {
        module.close();
        cache.close();
        checkpoint.close();
    }
}

package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;

/**
 * A {@code BertModel} that gives one embedding a text.
 *
 * <p>Loaded by the starting thread, run by its lane's thread only. The architecture is {@code
 * bert.ts.py}; one call embeds a whole batch.
 */
public final class BertModel implements AutoCloseable {
    /** Tokens of a well-filled batch. */
    private static final int USUAL_ROWS = 1024;

    private final BertShape shape;
    private final CheckpointIndex checkpoint;
    private final ScriptModule module;

    private BertModel(BertShape shape, CheckpointIndex checkpoint, ScriptModule module) {
        this.shape = shape;
        this.checkpoint = checkpoint;
        this.module = module;
    }

    /**
     * Loads the model in {@code folder}.
     *
     * @param format how matrices of linear layers are held, a packed one; all else is float32
     * @throws ModelLoadException if a file is missing, damaged or of another shape than {@code
     *     config.json} says, or holds a weight that is out of the range of its format
     */
    public static BertModel load(Path folder, WeightFormat format) {
        BertShape shape = BertShape.read(folder);
        Pooling pooling = Pooling.read(folder);
        CheckpointIndex checkpoint = CheckpointIndex.open(folder);
        ScriptModule module = ScriptModule.named("Bert");
        try (var linear = new LinearWeights(checkpoint, format, USUAL_ROWS)) {
            module.attribute("layers", shape.layers())
                    .attribute("hidden", shape.hidden())
                    .attribute("heads", shape.heads())
                    .attribute("eps", shape.normEps())
                    .attribute("relu", shape.activation().equals("relu"))
                    .attribute("tanh_gelu", shape.activation().equals("gelu_new"))
                    .attribute("cls_pooling", pooling.clsToken())
                    .attribute("normalize", pooling.normalize());
            linear.register(module);
            new BertWeights(shape, checkpoint, linear).register(module);
            module.compile(BertModel.class, "linear.ts.py", "bert.ts.py");
            return new BertModel(shape, checkpoint, module).warmedUp();
        } catch (RuntimeException e) {
            module.close();
            checkpoint.close();
            throw e;
        }
    }

    /** Embeds one token, so that whatever is done once is done before the first request. */
    private BertModel warmedUp() {
        try (TextBatch batch = new TextBatch(1);
                TensorScope scope = TensorScope.open()) {
            batch.begin(1);
            batch.beginText();
            batch.addToken(0);
            embed(batch, scope);
            return this;
        }
    }

    /** What {@code config.json} says. */
    public BertShape shape() {
        return shape;
    }

    /**
     * Embeds a batch.
     *
     * @param batch texts of at most {@code contextTokens} token ids below the vocabulary's size
     * @param scope the open scope that owns the result
     * @return float32[texts, hidden], valid until the scope closes
     */
    public MemorySegment embed(TextBatch batch, TensorScope scope) {
        assert scope.isOpen() : "the batch's scope is closed";
        Tensor embeddings = module.forward(batch.inputIds(), batch.attentionMask());
        return NativeTensors.memory(NativeTensors.dense(embeddings));
    }

    /** Frees the weights. */
    @Override
    public void close() {
        module.close();
        checkpoint.close();
    }
}

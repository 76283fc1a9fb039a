package dev.millrace.gpustage;

import dev.millrace.config.BatchConfig;
import dev.millrace.config.CacheConfig;
import dev.millrace.config.GenerationConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.gpustage.declaration.DeclaredTensor;
import dev.millrace.gpustage.declaration.ModelDeclaration;
import dev.millrace.gpustage.lane.EmbedLane;
import dev.millrace.gpustage.lane.GenerateLane;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.gpustage.lane.TensorLane;
import dev.millrace.gpustage.model.Architecture;
import dev.millrace.gpustage.model.BertModel;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.EndIds;
import dev.millrace.gpustage.model.FormatChoice;
import dev.millrace.gpustage.model.Gpt2Model;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.Placement;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.model.TorchScriptModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelEntry.BatchLimits;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.TensorSpec;
import dev.millrace.ringbuffer.TokenBytes;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a served model of a folder, whatever its format.
 *
 * <p>Runs on the thread that starts the server. Hugging Face folders are known by {@code
 * config.json}, all others by their TorchScript file.
 */
public final class ModelLoader {
    private static final String FIRST_VERSION = "1";

    private final TorchDevice device;
    private final ModelsConfig models;
    private final GenerationConfig generation;
    private final CacheConfig cache;
    private final BatchConfig batch;
    private final LaneOutput output;
    private final long createdEpochSeconds;
    private final Function<Path, TokenBytes> tokenBytes;

    /**
     * @param device where text models compute; all others compute on the CPU
     * @param models how models that read text hold the weights of linear layers
     * @param createdEpochSeconds what entries say about when they were loaded
     * @param tokenBytes reads the tokenizer of a text model's folder; called for text models only
     */
    public ModelLoader(
            TorchDevice device,
            ModelsConfig models,
            GenerationConfig generation,
            CacheConfig cache,
            BatchConfig batch,
            LaneOutput output,
            long createdEpochSeconds,
            Function<Path, TokenBytes> tokenBytes) {
        this.device = device;
        this.models = models;
        this.generation = generation;
        this.cache = cache;
        this.batch = batch;
        this.output = output;
        this.createdEpochSeconds = createdEpochSeconds;
        this.tokenBytes = tokenBytes;
    }

    /**
     * Loads the model in {@code folder}. {@link dev.millrace.gpustage.torch.LibTorch#start} comes
     * first.
     *
     * @param name as in requests
     * @param lane the number of its lane
     * @throws ModelLoadException with one line that names the file and what is wrong with it
     */
    public LoadedModel load(String name, Path folder, int lane) {
        LibTorch.enterLaneThread(1);
        ModelFiles files = ModelFiles.find(folder);
        if (files.torchScript() != null) {
            return tensorModel(name, folder, files.torchScript(), files, lane);
        }
        Architecture architecture = Architecture.read(folder);
        return switch (architecture) {
            case LLAMA, MISTRAL, QWEN2, QWEN3, GPT2 ->
                    textModel(name, folder, architecture, files, lane);
            case BERT -> embeddingModel(name, folder, files, lane);
        };
    }

    private LoadedModel textModel(
            String name, Path folder, Architecture architecture, ModelFiles files, int lane) {
        CacheLimits limits =
                new CacheLimits(
                        generation.slots(),
                        generation.maxContextTokens(),
                        cache.blockTokens(),
                        cache.tokens());
        FormatChoice choice = format(folder, architecture, models.dtype(name));
        WeightFormat format = choice.format();
        Placement placement = Placement.of(device, format, architecture.hidden(folder));
        StepModel model =
                architecture == Architecture.GPT2
                        ? Gpt2Model.load(folder, limits, placement)
                        : LlamaModel.load(folder, limits, placement);
        try {
            ModelEntry entry =
                    new ModelEntry(
                            name,
                            FIRST_VERSION,
                            ModelKind.GENERATE,
                            lane,
                            architecture.platform(),
                            List.of(),
                            List.of(),
                            model.contextTokens(),
                            model.vocabularySize(),
                            new BatchLimits(false, 1, 0, List.of()),
                            createdEpochSeconds,
                            files.digest());
            return new LoadedModel(
                    entry,
                    new GenerateLane(
                            lane,
                            name,
                            model,
                            generation,
                            cache.prefixes(),
                            EndIds.read(folder),
                            tokenBytes.apply(folder),
                            device == TorchDevice.CPU ? LibTorch.threads() : 1,
                            output),
                    format.toString(),
                    choice.measured());
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private FormatChoice format(Path folder, Architecture architecture, Dtype dtype) {
        if (device != TorchDevice.CPU) {
            try {
                return new FormatChoice(WeightFormat.plain(dtype), "");
            } catch (IllegalArgumentException e) {
                throw new ModelLoadException(folder + ": " + e.getMessage(), e);
            }
        }
        return dtype == Dtype.AUTO
                ? FormatChoice.measure(architecture.hidden(folder))
                : new FormatChoice(WeightFormat.of(dtype), "");
    }

    private LoadedModel embeddingModel(String name, Path folder, ModelFiles files, int lane) {
        Dtype dtype = models.dtype(name);
        WeightFormat format = dtype == Dtype.AUTO ? WeightFormat.FLOAT32 : WeightFormat.of(dtype);
        BertModel model = BertModel.load(folder, format);
        BatchLimits limits = limits(null);
        ModelEntry entry =
                new ModelEntry(
                        name,
                        FIRST_VERSION,
                        ModelKind.EMBED,
                        lane,
                        Architecture.BERT.platform(),
                        List.of(),
                        List.of(),
                        model.shape().contextTokens(),
                        model.shape().vocabularySize(),
                        limits,
                        createdEpochSeconds,
                        files.digest());
        return new LoadedModel(
                entry,
                new EmbedLane(
                        lane,
                        name,
                        model,
                        limits,
                        batch.maxTokens(),
                        generation.maxWaiting(),
                        output),
                format.toString(),
                "");
    }

    private LoadedModel tensorModel(
            String name, Path folder, Path file, ModelFiles files, int lane) {
        if (models.namesDtypeOf(name)) {
            throw new ModelLoadException(
                    folder
                            + ": models.dtypes names a TorchScript model, which holds its weights"
                            + " as stored; a model that reads text is expected");
        }
        ModelDeclaration declaration = ModelDeclaration.find(folder);
        TorchScriptModel model = TorchScriptModel.load(file, declaration);
        BatchLimits limits =
                declaration == null || declaration.maxRows() == 0
                        ? new BatchLimits(false, 1, 0, List.of())
                        : limits(declaration);
        ModelEntry entry =
                new ModelEntry(
                        name,
                        files.version(),
                        ModelKind.TENSOR,
                        lane,
                        "pytorch_libtorch",
                        inputs(model),
                        declaration == null
                                ? List.of()
                                : declaration.outputs().stream().map(DeclaredTensor::spec).toList(),
                        0,
                        0,
                        limits,
                        createdEpochSeconds,
                        files.digest());
        return new LoadedModel(
                entry,
                new TensorLane(lane, name, model, limits, generation.maxWaiting(), output),
                "as stored",
                "");
    }

    private static List<TensorSpec> inputs(TorchScriptModel model) {
        ModelDeclaration declaration = model.declaration();
        return declaration == null
                ? model.inputNames().stream()
                        .map(input -> new TensorSpec(input, null, List.of()))
                        .toList()
                : declaration.inputs().stream().map(DeclaredTensor::spec).toList();
    }

    /** The declaration's limits, and the configuration's where it says nothing. */
    private BatchLimits limits(@Nullable ModelDeclaration declaration) {
        int maxRows = declaration == null ? batch.maxRows() : declaration.maxRows();
        long delayMicros =
                declaration == null || declaration.maxDelayMicros() < 0
                        ? batch.maxDelayMicros()
                        : declaration.maxDelayMicros();
        List<Integer> preferred =
                declaration == null || declaration.preferredRows().isEmpty()
                        ? batch.preferredRows()
                        : declaration.preferredRows();
        return new BatchLimits(
                true,
                maxRows,
                TimeUnit.MICROSECONDS.toNanos(delayMicros),
                preferred.stream().filter(rows -> rows <= maxRows).toList());
    }
}

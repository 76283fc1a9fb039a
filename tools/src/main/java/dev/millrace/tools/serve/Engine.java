package dev.millrace.tools.serve;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ModelsConfig.Device;
import dev.millrace.config.ServerConfig;
import dev.millrace.config.Settings;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.ModelLoader;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.stages.tokenizer.TextModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LibTorch and the models, loaded: what executes requests, and what is said about it in environment
 * records and fingerprints.
 *
 * <p>Started and closed on the control path. A lane that is not handed over is closed with it.
 */
public final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    private static final String BUILD = "millrace-" + Server.VERSION;

    private final ServerConfig config;
    private final LibTorch.NativeInfo natives;
    private final TorchDevice device;
    private final TextModels texts = new TextModels();
    private final List<AutoCloseable> tokenizers = new ArrayList<>();
    private final List<LoadedModel> models = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();

    /** Digests of tokenizers, in the order of the lanes. */
    private final List<String> tokenizerDigests = new ArrayList<>();

    private Engine(ServerConfig config, LibTorch.NativeInfo natives, TorchDevice device) {
        this.config = config;
        this.natives = natives;
        this.device = device;
    }

    /**
     * Loads the models.
     *
     * @param folders by the names under which requests ask for them; lanes are numbered in this
     *     order
     * @param createdEpochSeconds what the catalog says about when they were loaded
     * @throws ConfigException where a value cannot be used
     * @throws dev.millrace.gpustage.ModelLoadException where a folder cannot be served
     */
    public static Engine start(
            ServerConfig config,
            Map<String, Path> folders,
            LaneOutput output,
            long createdEpochSeconds) {
        LibTorch.NativeInfo natives = LibTorch.start(config.threads().engineThreads(), 1);
        Engine engine = new Engine(config, natives, device(config.models().device()));
        try {
            folders.forEach(
                    (name, folder) -> engine.load(name, folder, output, createdEpochSeconds));
            return engine;
        } catch (RuntimeException | Error e) {
            engine.close();
            throw e;
        }
    }

    private static TorchDevice device(Device asked) {
        if (asked == Device.CPU) {
            return TorchDevice.CPU;
        }
        String missing = TorchDevice.missingCuda();
        if (missing.isEmpty()) {
            LOG.info("device: cuda, for text models; all others compute on the CPU");
            return TorchDevice.CUDA;
        }
        if (asked == Device.CUDA) {
            throw new ConfigException("models.device", "cuda", "auto or cpu: " + missing);
        }
        LOG.info("device: cpu ({})", missing);
        return TorchDevice.CPU;
    }

    /** Where text models compute. */
    public TorchDevice device() {
        return device;
    }

    /** The tokenizer comes first: a lane for text needs it for stop strings. */
    private void load(String name, Path folder, LaneOutput output, long created) {
        var event = new LaneLoadEvent();
        event.begin();
        TextModel text = TextModelLoader.load(folder);
        if (text != null) {
            texts.put(name, text);
            tokenizers.add(text.tokenizer());
            if (text.notCompiled() != null) {
                LOG.info(
                        "model {}: text is encoded by Hugging Face's tokenizers, some 20 times"
                                + " slower: {} is not compiled",
                        name,
                        text.notCompiled());
            }
        }
        var loader =
                new ModelLoader(
                        device,
                        config.models(),
                        config.generation(),
                        config.cache(),
                        config.batch(),
                        output,
                        created,
                        path -> {
                            if (text == null) {
                                throw new ConfigException(
                                        path + ": a text model needs a tokenizer.json");
                            }
                            return text.tokenBytes();
                        });
        long began = System.nanoTime();
        LoadedModel model = loader.load(name, folder, models.size());
        models.add(model);
        tokenizerDigests.add(EnvironmentFacts.tokenizer(folder));
        lanes.add(model.lane());
        if (event.isEnabled()) {
            event.model = name;
            event.version = model.entry().version();
            event.weights = model.weights();
            event.bytes = LaneLoadEvent.bytes(folder);
            event.commit();
        }
        LOG.info(
                "model {}: {}, version {}, weights {}{}, loaded in {} ms",
                name,
                model.entry().platform(),
                model.entry().version(),
                model.weights(),
                model.measured().isEmpty() ? "" : " (" + model.measured() + ")",
                (System.nanoTime() - began) / 1_000_000);
    }

    /** The models, by the numbers of their lanes. */
    public List<LoadedModel> models() {
        return List.copyOf(models);
    }

    /** Tokenizers, by the names of their models. */
    public TextModels texts() {
        return texts;
    }

    /** The model's lane, which whoever asks for it closes from here on. */
    public Lane handOver(LoadedModel model) {
        lanes.remove(model.lane());
        return model.lane();
    }

    /** What two runs must agree on for their answers to be compared. */
    public EnvironmentRecord environment() {
        EnvironmentRecord.Builder facts =
                EnvironmentRecord.builder()
                        .put("build", BUILD)
                        .put("engine", natives.version())
                        .put("engine-threads", String.valueOf(natives.intraOpThreads()))
                        .put("device", device.toString())
                        .put("cpu.capability", natives.cpuCapability());
        EnvironmentFacts.machine(facts);
        if (device == TorchDevice.CUDA) {
            EnvironmentFacts.cuda(facts);
        }
        facts.put("threads.plan", plan().toString());
        String dir = config.models().dir();
        if (dir != null) {
            facts.put("models.folder", Path.of(dir).toAbsolutePath().normalize().toString());
        }
        for (int i = 0; i < models.size(); i++) {
            ModelEntry entry = models.get(i).entry();
            facts.model(
                    new EnvironmentRecord.Model(
                            entry.name(),
                            entry.version(),
                            entry.digest(),
                            entry.kind().name().toLowerCase(Locale.ROOT),
                            models.get(i).weights(),
                            tokenizerDigests.get(i)));
        }
        return facts.settings(Settings.of(config)).build();
    }

    /** Which threads run what; the same for a server and for whoever says what one would do. */
    ThreadPlan plan() {
        return ThreadPlan.of(
                config.threads(),
                Runtime.getRuntime().availableProcessors(),
                HttpDoor.ioThreads(config.http()),
                models.size());
    }

    /** Answers with the same fingerprint were computed by the same build in the same way. */
    String fingerprint() {
        return "%s-torch%s-%s-t%d%s"
                .formatted(
                        BUILD, natives.version(), device, natives.intraOpThreads(), weights("-"));
    }

    /** How text models hold their weights where that is not float32, each behind {@code before}. */
    private String weights(String before) {
        return models.stream()
                .filter(model -> model.entry().kind() == ModelKind.GENERATE)
                .map(LoadedModel::weights)
                .filter(weights -> !weights.equals("float32"))
                .distinct()
                .map(weights -> before + weights)
                .collect(Collectors.joining());
    }

    @Override
    public void close() {
        lanes.forEach(Lane::close);
        lanes.clear();
        for (AutoCloseable tokenizer : tokenizers) {
            try {
                tokenizer.close();
            } catch (Exception e) {
                LOG.warn("{} could not be closed", tokenizer, e);
            }
        }
        tokenizers.clear();
    }
}

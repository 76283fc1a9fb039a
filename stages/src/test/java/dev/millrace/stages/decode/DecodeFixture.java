package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TensorSpec;
import dev.millrace.stages.tokenizer.ByteTokenizerFolder;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.stages.tokenizer.TextModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A decode handler with real tokenizers and models of every kind: {@code chatty} and {@code plain}
 * generate (context 64), {@code long} too (context 2^20), {@code embed} embeds (context 32), {@code
 * add} takes declared tensors in rows, {@code free} undeclared ones, {@code fixed} exactly one.
 */
final class DecodeFixture implements AutoCloseable {
    static final int CONTEXT = 64;
    static final int SLICE_BYTES = 1024;
    static final int LARGE_BYTES = 64 << 10;
    static final long REQUEST_ID = 77;
    static final long ARRIVAL_NANOS = 5_000_000_000L;

    final LargeBuffers buffers = new LargeBuffers(2, LARGE_BYTES);
    final RequestContext context = new RequestContext(0);
    final RequestSlot slot =
            new RequestSlot(slice(1024), slice(2 * LARGE_BYTES), slice(SLICE_BYTES));
    final DecodeHandler handler;

    /** What the next requests' heads hold, as a door writes it. */
    String head = "";

    private final List<TextModel> opened = new ArrayList<>();

    DecodeFixture() {
        Map<String, ModelEntry> models = new LinkedHashMap<>();
        TextModels texts = new TextModels();
        add(models, text("chatty", ModelKind.GENERATE, 0, CONTEXT));
        add(models, text("plain", ModelKind.GENERATE, 1, CONTEXT));
        add(models, text("embed", ModelKind.EMBED, 2, 32));
        add(models, text("mute", ModelKind.GENERATE, 6, CONTEXT));
        add(models, text("long", ModelKind.GENERATE, 7, 1 << 20));
        List<TensorSpec> two =
                List.of(
                        new TensorSpec("INPUT0", Datatype.INT32, List.of(-1L, 4L)),
                        new TensorSpec("INPUT1", Datatype.INT32, List.of(-1L, 4L)));
        add(models, tensor("add", 3, two, List.of(out("SUM"), out("DIFF")), true, 8));
        add(models, tensor("free", 4, List.of(), List.of(), true, 4));
        add(
                models,
                tensor(
                        "fixed",
                        5,
                        List.of(new TensorSpec("X", Datatype.FP32, List.of(2L, 3L))),
                        List.of(),
                        false,
                        1));
        texts.put("chatty", load(true));
        texts.put("plain", load(false));
        texts.put("embed", load(false));
        texts.put("long", load(false));
        handler = new DecodeHandler(catalog(models), texts, buffers);
    }

    private static TensorSpec out(String name) {
        return new TensorSpec(name, Datatype.INT32, List.of(-1L, 4L));
    }

    private static void add(Map<String, ModelEntry> models, ModelEntry model) {
        models.put(model.name(), model);
    }

    private static ModelCatalog catalog(Map<String, ModelEntry> models) {
        return new ModelCatalog() {
            @Override
            public @Nullable ModelEntry find(String name) {
                return models.get(name);
            }

            @Override
            public List<ModelEntry> all() {
                return List.copyOf(models.values());
            }
        };
    }

    private static ModelEntry text(String name, ModelKind kind, int lane, int context) {
        return new ModelEntry(
                name,
                "1",
                kind,
                lane,
                "test",
                List.of(),
                List.of(),
                context,
                ByteTokenizerFolder.VOCABULARY,
                new ModelEntry.BatchLimits(true, 8, 500, List.of()),
                0,
                "");
    }

    private static ModelEntry tensor(
            String name,
            int lane,
            List<TensorSpec> inputs,
            List<TensorSpec> outputs,
            boolean batched,
            int rows) {
        return new ModelEntry(
                name,
                "3",
                ModelKind.TENSOR,
                lane,
                "test",
                inputs,
                outputs,
                0,
                0,
                new ModelEntry.BatchLimits(batched, rows, 1000, List.of()),
                0,
                "");
    }

    private TextModel load(boolean chatTemplate) {
        try {
            Path folder = Files.createTempDirectory("millrace-decode");
            ByteTokenizerFolder.write(folder, chatTemplate);
            TextModel model = Objects.requireNonNull(TextModelLoader.load(folder));
            Files.deleteIfExists(folder.resolve("tokenizer.json"));
            Files.deleteIfExists(folder.resolve("chat_template.jinja"));
            Files.delete(folder);
            opened.add(model);
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UnsafeBuffer slice(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }

    /** Decodes a body for an OpenAI path. */
    RequestContext decode(Route route, String body) {
        return decode(route, body.getBytes(StandardCharsets.UTF_8), null, -1);
    }

    /** Decodes a JSON body for a model's infer path. */
    RequestContext infer(String model, String body) {
        return decode(Route.KSERVE_INFER, body.getBytes(StandardCharsets.UTF_8), model, -1);
    }

    RequestContext decode(Route route, byte[] body, @Nullable String model, int headerLength) {
        return decode(route, body, model, null, headerLength);
    }

    /** Fills the slot as a door would, and hands it to decode. */
    RequestContext decode(
            Route route,
            byte[] body,
            @Nullable String model,
            @Nullable String version,
            int headerLength) {
        context.reset(REQUEST_ID, route);
        context.stamps.begin(ARRIVAL_NANOS);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        byte[] headBytes = head.getBytes(StandardCharsets.ISO_8859_1);
        slot.head.buffer().putBytes(0, headBytes);
        slot.head.length(headBytes.length);
        slot.body.buffer().putBytes(0, body);
        slot.body.length(body.length);
        slot.pathModel = model;
        slot.pathVersion = version;
        slot.inferenceHeaderLength = headerLength;
        handler.onEvent(slot, 0, true);
        return context;
    }

    /** The ids of one run in the decoded payload. */
    List<Integer> run(int index) {
        UnsafeBuffer buffer = slot.decoded.buffer();
        int runs = PromptRuns.count(buffer);
        int at = PromptRuns.idsOffset(runs);
        for (int i = 0; i < index; i++) {
            at += 4 * PromptRuns.length(buffer, i);
        }
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < PromptRuns.length(buffer, index); i++) {
            ids.add(buffer.getInt(at + 4 * i));
        }
        return ids;
    }

    /** What the byte tokenizer makes of a text, worked out here. */
    static List<Integer> ids(boolean bos, String text) {
        List<Integer> ids = new ArrayList<>();
        if (bos) {
            ids.add(ByteTokenizerFolder.BOS);
        }
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            ids.add((b & 0xFF) + 1);
        }
        return ids;
    }

    @Override
    public void close() {
        opened.forEach(model -> model.tokenizer().close());
        buffers.close();
    }
}

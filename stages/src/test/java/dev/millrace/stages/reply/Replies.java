package dev.millrace.stages.reply;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** Makes requests and replies in real rings and hands the slots to a handler, as its loop would. */
public final class Replies implements AutoCloseable {
    /** Small rings, so that a test's memory is small too. */
    public static final RingConfig CONFIG = new RingConfig(8, 1024, 2, 1 << 20, 64, 256, 8);

    public final Rings rings = new Rings(CONFIG, 1);
    private final EventHandler<ReplySlot> handler;

    public Replies(EventHandler<ReplySlot> handler) {
        this.handler = handler;
    }

    /** For a handler that needs the rings. */
    public Replies(Function<Rings, EventHandler<ReplySlot>> maker) {
        this.handler = maker.apply(rings);
    }

    /** A request that decode has let pass: one run, not streamed. */
    public RequestContext request(Route route, ModelKind kind, Object protocol) {
        RequestContext context = rings.inFlight().claim();
        if (context == null) {
            throw new AssertionError("no context is free");
        }
        context.reset(rings.requestPublisher().nextRequestId(), route);
        context.stamps.begin(1_000);
        context.stamps.done(Stage.QUEUE, 2_000);
        context.arrivalEpochNanos = 1_700_000_000_123_456_789L;
        context.model = model(kind);
        context.protocol = protocol;
        return context;
    }

    public static ModelEntry model(ModelKind kind) {
        return new ModelEntry(
                "tiny",
                "3",
                kind,
                0,
                "test",
                List.of(),
                List.of(),
                64,
                1 << 20,
                new ModelEntry.BatchLimits(false, 1, 0, List.of()),
                1,
                "");
    }

    /** One reply of tokens; the request's last where {@code last}. */
    public void tokens(
            RequestContext context, int run, FinishReason finish, boolean last, int... ids)
            throws Exception {
        tokens(context, run, finish, 0, last, ids);
    }

    public void tokens(
            RequestContext context,
            int run,
            FinishReason finish,
            int hiddenBytes,
            boolean last,
            int... ids)
            throws Exception {
        ReplySlot slot = open(ReplySlot.Kind.TOKENS, context, ids.length * Integer.BYTES);
        for (int i = 0; i < ids.length; i++) {
            slot.payload.buffer().putInt(i * Integer.BYTES, ids[i]);
        }
        slot.index = run;
        slot.count = ids.length;
        slot.finish = finish;
        slot.hiddenBytes = hiddenBytes;
        slot.last = last;
        context.completionTokens += ids.length;
        handle(slot, true);
    }

    /** Tokens of a prompt with {@code top} alternatives each; {@code run} is its first choice. */
    void prompt(RequestContext context, int run, int top, Scored... tokens) throws Exception {
        ReplySlot slot = scored(context, run, top, tokens);
        slot.prompt = true;
        handle(slot, true);
    }

    /** A slot of tokens of an answer, to be completed and handled. */
    ReplySlot scored(RequestContext context, int run, int top, Scored... tokens) {
        int bytes = TokenLogprobs.bytes(tokens.length, top);
        ReplySlot slot = open(ReplySlot.Kind.TOKENS, context, bytes);
        Scored.write(slot.payload.buffer(), top, tokens);
        slot.index = run;
        slot.count = tokens.length;
        slot.topLogprobs = top;
        return slot;
    }

    public void embedding(RequestContext context, int text, boolean last, float... vector)
            throws Exception {
        ReplySlot slot = open(ReplySlot.Kind.EMBEDDING, context, vector.length * Float.BYTES);
        for (int i = 0; i < vector.length; i++) {
            slot.payload.buffer().putFloat(i * Float.BYTES, vector[i]);
        }
        slot.index = text;
        slot.count = vector.length;
        slot.last = last;
        handle(slot, true);
    }

    /** Writes a tensor's elements. */
    @FunctionalInterface
    public interface Elements {
        void write(MutableDirectBuffer into);
    }

    public void tensor(
            RequestContext context,
            int index,
            String name,
            Datatype datatype,
            long[] shape,
            boolean last,
            Elements elements)
            throws Exception {
        long bytes = datatype.bytes();
        for (long dimension : shape) {
            bytes *= dimension;
        }
        ReplySlot slot = open(ReplySlot.Kind.TENSOR, context, (int) bytes);
        elements.write(slot.payload.buffer());
        slot.index = index;
        slot.count = (int) bytes;
        slot.tensor.name = name;
        slot.tensor.datatype = datatype;
        slot.tensor.rank = shape.length;
        System.arraycopy(shape, 0, slot.tensor.shape, 0, shape.length);
        slot.last = last;
        handle(slot, true);
    }

    public void failure(
            RequestContext context, RequestStatus status, String message, @Nullable String param)
            throws Exception {
        context.refuse(status, message, param);
        ReplySlot slot = open(ReplySlot.Kind.FAILURE, context, 0);
        slot.last = true;
        handle(slot, true);
    }

    public ReplySlot open(ReplySlot.Kind kind, RequestContext context, int bytes) {
        long sequence = rings.replyPublisher().open(kind, context, bytes);
        return rings.replyPublisher().slot(sequence);
    }

    public void handle(ReplySlot slot, boolean endOfBatch) throws Exception {
        try {
            handler.onEvent(slot, 0, endOfBatch);
        } finally {
            slot.payload.release();
        }
    }

    /** Token ids that stand for the bytes of {@code text}, one each. */
    public static int[] bytesOf(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xFF;
        }
        return ids;
    }

    @Override
    public void close() {
        try {
            if (rings.replyBuffers().inUse() != 0) {
                throw new AssertionError("large buffers were not returned");
            }
        } finally {
            rings.close();
        }
    }
}

package dev.millrace.stages.reply;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns replies into what the client reads, in its protocol, and hands it to the request's sink.
 * Runs on: the {@code reply} thread.
 *
 * <p>Each sink that a run of replies touched is flushed once, at the run's end. An error that comes
 * after a stream's head goes out as an event {@code data: {"error":{…}}} without {@code [DONE]}
 * behind it; a request that its client gave up gets nothing.
 */
public final class ReplyHandler implements EventHandler<ReplySlot> {
    private static final byte[] EVENT = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT_END = "\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ReplyEncoder completions;
    private final ReplyEncoder chat;
    private final ReplyEncoder embeddings = new EmbeddingEncoder();
    private final ReplyEncoder kserve = new KServeEncoder();
    private final GrowingBytes error = new GrowingBytes(1024);
    private final List<ReplySink> touched = new ArrayList<>();

    /**
     * @param systemFingerprint what OpenAI's answers say about the server's environment
     */
    public ReplyHandler(String systemFingerprint) {
        completions = new CompletionEncoder(systemFingerprint);
        chat = new ChatEncoder(systemFingerprint);
    }

    @Override
    public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
        try {
            reply(slot);
        } finally {
            if (endOfBatch) {
                flush();
            }
        }
    }

    private void reply(ReplySlot slot) {
        RequestContext context = slot.context();
        ReplySink sink = context.sink;
        if (sink == null) {
            return;
        }
        touch(sink);
        ReplyEncoder encoder = encoder(context.route);
        if (context.broken) {
            // At once: what is left to compute of it ends without a word of its own.
            sink.abort(context);
        } else if (slot.kind == ReplySlot.Kind.FAILURE) {
            fail(context, sink);
        } else {
            encoder.encode(slot, context, sink);
        }
        if (slot.last) {
            encoder.forget(context);
        }
    }

    private ReplyEncoder encoder(Route route) {
        return switch (route) {
            case OPENAI_COMPLETIONS -> completions;
            case OPENAI_CHAT -> chat;
            case OPENAI_EMBEDDINGS -> embeddings;
            case KSERVE_INFER -> kserve;
        };
    }

    private void fail(RequestContext context, ReplySink sink) {
        context.refuse(RequestStatus.INTERNAL, "the request failed without a reason", null);
        RequestStatus status = context.status;
        if (status == RequestStatus.CANCELLED) {
            sink.abort(context);
            return;
        }
        error.clear();
        if (context.headSent) {
            error.add(EVENT, 0, EVENT.length);
            writeError(context);
            error.add(EVENT_END, 0, EVENT_END.length);
            sink.stream(context, error.view(), 0, error.length());
            sink.endStream(context);
        } else {
            writeError(context);
            sink.answer(
                    context,
                    status.httpStatus(),
                    ReplySink.ContentType.JSON,
                    -1,
                    error.view(),
                    0,
                    error.length());
        }
    }

    private void writeError(RequestContext context) {
        String message = context.errorMessage;
        String param = context.errorParam;
        int room = ErrorBodies.maxBytes(message, param);
        int length =
                ErrorBodies.write(
                        context.route.dialect(),
                        context.status,
                        message,
                        param,
                        error.room(room),
                        error.length());
        error.advance(length);
    }

    private void touch(ReplySink sink) {
        // One door, perhaps two: a list beats a set.
        if (!touched.contains(sink)) {
            touched.add(sink);
        }
    }

    private void flush() {
        try {
            for (int i = 0; i < touched.size(); i++) {
                touched.get(i).flush();
            }
        } finally {
            touched.clear();
        }
    }
}

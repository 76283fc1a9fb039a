package dev.millrace.tools.replay;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModels;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Token ids of recorded prompts, which are not on record: a server's own decode stage makes them
 * again of the bodies. One thread.
 */
final class RecordedPrompts implements AutoCloseable {
    /** Not the model's: whatever was answered did fit. */
    private static final int CONTEXT_TOKENS = 1 << 24;

    private static final int HEAD_BYTES = 64;
    private static final int LEAST_BYTES = 1 << 20;

    private final TextModels byName = new TextModels();
    private final LargeBuffers large;
    private final DecodeHandler decode;
    private final RequestSlot slot;
    private final RequestContext context = new RequestContext(0);

    /** What a request's prompts are. */
    record Prompts(List<int[]> ids, int choices, long salt) {}

    /**
     * @param bodyBytes of the longest body
     */
    RecordedPrompts(int bodyBytes) {
        // A body of ids and blanks holds no more than one id for two bytes; a template adds to
        // text.
        int room = (int) Math.min(Integer.MAX_VALUE / 2, LEAST_BYTES + 8L * bodyBytes);
        large = new LargeBuffers(1, room);
        decode = new DecodeHandler(new Catalog(), byName, large);
        slot =
                new RequestSlot(
                        new UnsafeBuffer(ByteBuffer.allocateDirect(HEAD_BYTES)),
                        new UnsafeBuffer(ByteBuffer.allocateDirect(Math.max(1, bodyBytes))),
                        new UnsafeBuffer(ByteBuffer.allocateDirect(HEAD_BYTES)));
    }

    /** The prompts of a request for text; null where they cannot be had. */
    @Nullable Prompts of(PastRequest request) {
        TextModel text = request.text();
        if (text == null) {
            return null;
        }
        byName.put(request.fields().model(), text);
        context.reset(request.requestId(), request.outgoing().route());
        slot.reset(RequestSlot.Kind.REQUEST, context);
        ByteBuffer body = request.outgoing().body();
        slot.body.buffer().putBytes(0, body.duplicate(), body.remaining());
        slot.body.length(body.remaining());
        decode.onEvent(slot, 0, true);
        try {
            return context.status == RequestStatus.OK
                    ? new Prompts(ids(), slot.sampling.n, slot.sampling.cacheSalt)
                    : null;
        } finally {
            slot.decoded.release();
        }
    }

    private List<int[]> ids() {
        UnsafeBuffer decoded = slot.decoded.buffer();
        int runs = PromptRuns.count(decoded);
        int at = PromptRuns.idsOffset(runs);
        List<int[]> prompts = new ArrayList<>();
        for (int run = 0; run < runs; run++) {
            int[] ids = new int[PromptRuns.length(decoded, run)];
            for (int i = 0; i < ids.length; i++, at += Integer.BYTES) {
                ids[i] = decoded.getInt(at);
            }
            prompts.add(ids);
        }
        return prompts;
    }

    /** Every model whose text side is known generates text. */
    private final class Catalog implements ModelCatalog {
        @Override
        public @Nullable ModelEntry find(String name) {
            return byName.find(name) == null
                    ? null
                    : new ModelEntry(
                            name,
                            "",
                            ModelKind.GENERATE,
                            0,
                            "",
                            List.of(),
                            List.of(),
                            CONTEXT_TOKENS,
                            Integer.MAX_VALUE,
                            new ModelEntry.BatchLimits(false, 1, 0, List.of()),
                            0,
                            "");
        }

        @Override
        public List<ModelEntry> all() {
            return List.of();
        }
    }

    @Override
    public void close() {
        large.close();
    }
}

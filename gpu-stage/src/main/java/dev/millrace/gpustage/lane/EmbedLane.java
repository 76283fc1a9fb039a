package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.BertModel;
import dev.millrace.gpustage.model.TextBatch;
import dev.millrace.gpustage.schedule.LengthQueue;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An embedding model's lane: texts of any requests and of like length are embedded together.
 *
 * <p>Runs on: its own thread. Owns: the model and every text taken. A batch that throws is repeated
 * text by text.
 */
public final class EmbedLane extends BatchedLane<EmbedText> {
    private final BertModel model;
    private final int maxWaiting;
    private final TextBatch batch;
    private final UnsafeBuffer vectors = new UnsafeBuffer(0, 0);

    /**
     * A lane for {@code model}.
     *
     * @param maxTokens most tokens of a batch, with padding
     * @param maxWaiting texts that may wait before requests stay in the ring
     */
    public EmbedLane(
            int index,
            String modelName,
            BertModel model,
            ModelEntry.BatchLimits limits,
            int maxTokens,
            int maxWaiting,
            LaneOutput output) {
        super(
                index,
                modelName,
                output,
                new LengthQueue<>(limits.maxRows(), maxTokens, limits.preferredRows()));
        this.model = model;
        this.maxWaiting = maxWaiting;
        this.batch = new TextBatch(Math.max(maxTokens, model.shape().contextTokens()));
    }

    @Override
    boolean take(RequestSlot slot) {
        DirectBuffer runs = slot.decoded.buffer();
        int count = PromptRuns.count(runs);
        if (queue.size() > 0 && queue.size() + count > maxWaiting) {
            return false;
        }
        EmbedText.Request request = new EmbedText.Request(slot);
        List<EmbedText> texts = new ArrayList<>(count);
        int offset = PromptRuns.idsOffset(count);
        for (int i = 0; i < count; i++) {
            int[] ids = TokenIds.read(runs, offset, PromptRuns.length(runs, i));
            offset += 4 * ids.length;
            if (refuseText(request.context, ids, i)) {
                return true;
            }
            texts.add(new EmbedText(request, i, ids));
        }
        request.context.openRuns = count;
        taken();
        texts.forEach(queue::add);
        return true;
    }

    /** Decode checks all this too; here it protects the other texts of a batch. */
    private boolean refuseText(RequestContext context, int[] ids, int index) {
        int most = model.shape().contextTokens();
        if (ids.length == 0 || ids.length > most) {
            output.refuse(
                    context,
                    ids.length == 0 ? RequestStatus.INVALID : RequestStatus.CONTEXT_LENGTH,
                    "text "
                            + index
                            + " has "
                            + ids.length
                            + " tokens; 1 to "
                            + most
                            + " are accepted",
                    "input");
            return true;
        }
        int wrong = TokenIds.firstOutside(ids, model.shape().vocabularySize());
        if (wrong >= 0) {
            output.refuse(
                    context,
                    RequestStatus.INVALID,
                    "token id "
                            + ids[wrong]
                            + " of text "
                            + index
                            + " is not below "
                            + model.shape().vocabularySize(),
                    "input");
            return true;
        }
        return false;
    }

    @Override
    RequestContext context(EmbedText text) {
        return text.request.context;
    }

    @Override
    boolean hasEnded(EmbedText text) {
        return text.request.ended;
    }

    @Override
    void describe(EmbedText text, LaneTurn turn) {
        turn.entry(text.request.context.requestId, text.index, 0, text.ids.length, 0);
    }

    @Override
    void execute() {
        int tokens = 0;
        for (EmbedText text : chosen) {
            tokens += text.ids.length;
            if (!text.request.started) {
                text.request.started = true;
                output.stampStart(text.request.context);
            }
        }
        output.counters().increment(Counter.BATCHES);
        output.counters().add(Counter.BATCHED_ROWS, chosen.size());
        beginStep(chosen.size(), tokens);
        if (!embed(chosen)) {
            event.failed = true;
            for (EmbedText text : chosen) {
                if (!text.request.ended && !embed(List.of(text))) {
                    end(text, RequestStatus.INTERNAL, failureReason());
                }
            }
        }
        endStep();
    }

    /** Embeds and publishes; false where the model threw and nothing was published. */
    private boolean embed(List<EmbedText> texts) {
        int longest = 0;
        for (EmbedText text : texts) {
            longest = Math.max(longest, text.ids.length);
        }
        batch.begin(longest);
        for (EmbedText text : texts) {
            batch.beginText();
            for (int id : text.ids) {
                batch.addToken(id);
            }
        }
        try (TensorScope scope = TensorScope.open()) {
            MemorySegment embeddings = run(scope);
            if (embeddings == null) {
                return false;
            }
            int rowBytes = model.shape().hidden() * Float.BYTES;
            vectors.wrap(embeddings.address(), Math.toIntExact(embeddings.byteSize()));
            for (int i = 0; i < texts.size(); i++) {
                if (!texts.get(i).request.ended) {
                    publish(texts.get(i), i * rowBytes, rowBytes);
                }
            }
        }
        return true;
    }

    private @Nullable MemorySegment run(TensorScope scope) {
        try {
            return model.embed(batch, scope);
        } catch (RuntimeException e) {
            failure = e;
            return null;
        }
    }

    private void publish(EmbedText text, int offset, int bytes) {
        RequestContext context = text.request.context;
        boolean last = --context.openRuns == 0;
        if (last) {
            text.request.ended = true;
            output.stampEnd(context);
            ended();
        }
        long sequence = output.replies().open(ReplySlot.Kind.EMBEDDING, context, bytes);
        ReplySlot slot = output.replies().slot(sequence);
        slot.payload.buffer().putBytes(0, vectors, offset, bytes);
        slot.index = text.index;
        slot.count = bytes / Float.BYTES;
        slot.last = last;
        output.replies().publish(sequence);
    }

    @Override
    void end(EmbedText text, RequestStatus status, String message) {
        if (!text.request.ended) {
            text.request.ended = true;
            ended();
            output.refuse(text.request.context, status, message, null);
        }
    }

    @Override
    public void close() {
        batch.close();
        model.close();
    }
}

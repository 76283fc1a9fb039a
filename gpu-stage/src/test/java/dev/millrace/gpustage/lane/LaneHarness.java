package dev.millrace.gpustage.lane;

import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.Pipeline;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.ringbuffer.Stamps;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.ringbuffer.TurnJournal;
import dev.millrace.ringbuffer.Waiting;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.MutableDirectBuffer;
import org.awaitility.Awaitility;

/**
 * A lane in the real rings, with a decode stage that each test fills by hand and a reply stage that
 * records.
 */
final class LaneHarness implements AutoCloseable {
    private final Rings rings = new Rings(new RingConfig(64, 8192, 4, 1 << 20, 256, 2048, 256), 1);
    private final Map<Long, Consumer<RequestSlot>> decoders = new ConcurrentHashMap<>();
    private final Map<Long, Answer> answers = new ConcurrentHashMap<>();
    private final Pipeline pipeline;
    private final Lane lane;
    private int ends;

    /** Everything that was published for one request. */
    static final class Answer {
        final RequestContext context;
        final long requestId;
        final List<Reply> replies = new ArrayList<>();
        volatile boolean ended;
        int lasts;

        /** How many requests had ended before. */
        int place;

        RequestStatus status = RequestStatus.OK;
        String errorMessage = "";
        long totalNanos;
        long partitionNanos;

        Answer(RequestContext context) {
            this.context = context;
            this.requestId = context.requestId;
        }

        int[] tokens(int run) {
            return replies.stream()
                    .filter(reply -> reply.kind == ReplySlot.Kind.TOKENS && reply.index == run)
                    .flatMapToInt(reply -> {
                        int[] ids = new int[reply.count];
                        for (int i = 0; i < ids.length; i++) {
                            ids[i] = reply.payload.getInt(4 * i);
                        }
                        return java.util.Arrays.stream(ids);
                    })
                    .toArray();
        }

        Reply lastOf(int run) {
            return replies.stream()
                    .filter(reply -> reply.index == run)
                    .reduce((_, second) -> second)
                    .orElseThrow();
        }

        float[] floats(int index) {
            Reply reply =
                    replies.stream().filter(each -> each.index == index).findFirst().orElseThrow();
            float[] values = new float[reply.payload.remaining() / 4];
            reply.payload.asFloatBuffer().get(values);
            return values;
        }
    }

    /** A copy of one reply. */
    record Reply(
            ReplySlot.Kind kind,
            int index,
            int count,
            FinishReason finish,
            int hiddenTokens,
            int hiddenBytes,
            String tensorName,
            List<Long> shape,
            ByteBuffer payload) {}

    LaneHarness(Function<LaneOutput, Lane> factory) {
        lane =
                factory.apply(
                        new LaneOutput(rings.replyPublisher(), rings.counters(), System::nanoTime));
        pipeline =
                new Pipeline(
                        rings,
                        new StageHandlers(
                                (_, _, _) -> {},
                                (slot, _, _) ->
                                        Objects.requireNonNull(decoders.get(slot.requestId))
                                                .accept(slot),
                                (_, _, _) -> {},
                                (slot, _, _) ->
                                        slot.dueNanos =
                                                slot.dueNanos == 0
                                                        ? System.nanoTime()
                                                        : slot.dueNanos,
                                (_, _, _) -> {},
                                (_, _, _) -> {},
                                (slot, _, _) -> record(slot),
                                (slot, _, _) -> release(slot)),
                        new ThreadPlan(ThreadsConfig.Plan.COMPACT, Waiting.BLOCKING, false, "test"),
                        System::nanoTime);
        pipeline.start();
        pipeline.addLane(lane, TurnJournal.NONE);
    }

    /** Publishes a request; {@code decode} plays the decode stage. */
    Answer send(Consumer<RequestSlot> decode) {
        RequestContext context = Objects.requireNonNull(rings.inFlight().claim());
        RequestPublisher publisher = rings.requestPublisher();
        context.reset(publisher.nextRequestId(), Route.OPENAI_COMPLETIONS);
        context.stamps.begin(System.nanoTime());
        context.stream = true;
        Answer answer = new Answer(context);
        answers.put(context.requestId, answer);
        decoders.put(
                context.requestId,
                slot -> {
                    slot.lane = lane.index();
                    decode.accept(slot);
                });
        long sequence = publisher.tryClaim();
        while (sequence == RequestPublisher.FULL) {
            Thread.onSpinWait();
            sequence = publisher.tryClaim();
        }
        publisher.slot(sequence).reset(RequestSlot.Kind.REQUEST, context);
        publisher.publish(sequence);
        return answer;
    }

    /** The client of that request goes away. */
    void cancel(Answer answer) {
        rings.requestPublisher().cancel(answer.context, answer.requestId);
    }

    Answer await(Answer answer) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofMinutes(1))
                .until(() -> answer.ended);
        return answer;
    }

    Counters counters() {
        return rings.counters();
    }

    Lane lane() {
        return lane;
    }

    int inFlight() {
        return rings.inFlight().count();
    }

    /** Writes prompts as decode does. */
    static void prompts(RequestSlot slot, int[]... prompts) {
        MutableDirectBuffer buffer = slot.decoded.buffer();
        PromptRuns.putCount(buffer, prompts.length);
        int offset = PromptRuns.idsOffset(prompts.length);
        for (int i = 0; i < prompts.length; i++) {
            PromptRuns.putLength(buffer, i, prompts[i].length);
            for (int id : prompts[i]) {
                buffer.putInt(offset, id);
                offset += 4;
            }
        }
        slot.decoded.length(offset);
        slot.context().runs = prompts.length;
    }

    private void record(ReplySlot slot) {
        Answer answer = Objects.requireNonNull(answers.get(slot.requestId));
        byte[] payload = new byte[slot.payload.length()];
        slot.payload.buffer().getBytes(0, payload);
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < slot.tensor.rank; i++) {
            shape.add(slot.tensor.shape[i]);
        }
        answer.replies.add(
                new Reply(
                        slot.kind,
                        slot.index,
                        slot.count,
                        slot.finish,
                        slot.hiddenTokens,
                        slot.hiddenBytes,
                        slot.tensor.name,
                        shape,
                        ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN)));
        slot.payload.release();
    }

    private void release(ReplySlot slot) {
        if (slot.last) {
            Answer answer = Objects.requireNonNull(answers.get(slot.requestId));
            Stamps stamps = slot.context().stamps;
            answer.status = slot.context().status;
            answer.errorMessage = slot.context().errorMessage;
            answer.totalNanos = stamps.totalNanos();
            for (int i = 0; i < Stamps.PARTITION.size(); i++) {
                answer.partitionNanos += stamps.durationNanos(i);
            }
            answer.lasts++;
            answer.place = ends++;
            rings.inFlight().release(slot.context());
            answer.ended = true;
        }
    }

    @Override
    public void close() {
        pipeline.close();
        rings.close();
    }
}

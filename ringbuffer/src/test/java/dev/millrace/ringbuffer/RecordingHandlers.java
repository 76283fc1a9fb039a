package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Handlers that note what they saw and in which order, throw where a test says so, and check the
 * gates between the stages while they run.
 */
final class RecordingHandlers {
    /** How one request ended. */
    record Outcome(
            RequestStatus status,
            boolean broken,
            boolean cancelled,
            List<Long> durationsNanos,
            long totalNanos,
            long journalDoneNanos) {}

    /** Decides where a handler throws; returns what it throws, or null. */
    @FunctionalInterface
    interface Fault {
        @Nullable Throwable at(Stage stage, long requestId);
    }

    final Map<Long, Outcome> outcomes = new ConcurrentHashMap<>();
    final Queue<String> violations = new ConcurrentLinkedQueue<>();
    final Queue<Long> cancelsOnRecord = new ConcurrentLinkedQueue<>();
    final AtomicInteger shutdowns = new AtomicInteger();
    volatile Fault fault = (_, _) -> null;

    private final InFlight inFlight;
    private final Rings rings;
    private final ConcurrentMap<Stage, Long> lastSequences = new ConcurrentHashMap<>();
    private final Set<Long> journalled = ConcurrentHashMap.newKeySet();
    private final Set<Long> limited = ConcurrentHashMap.newKeySet();
    private final Set<Long> repliesOnRecord = ConcurrentHashMap.newKeySet();

    RecordingHandlers(Rings rings) {
        this.rings = rings;
        this.inFlight = rings.inFlight();
    }

    StageHandlers stages() {
        return new StageHandlers(
                onRequest(Stage.JOURNAL),
                onRequest(Stage.DECODE),
                onRequest(Stage.RATE_LIMIT),
                onRequest(Stage.BATCH),
                (_, _, _) -> {},
                onReply(Stage.REPLY_JOURNAL),
                onReply(Stage.REPLY),
                onReply(Stage.TELEMETRY));
    }

    private EventHandler<RequestSlot> onRequest(Stage stage) {
        return new EventHandler<>() {
            @Override
            public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
                inOrder(stage, sequence);
                if (slot.kind == RequestSlot.Kind.CANCEL) {
                    cancelsOnRecord.add(slot.requestId);
                    return;
                }
                request(stage, slot);
                raise(stage, slot.requestId);
            }

            @Override
            public void onShutdown() {
                shutdowns.incrementAndGet();
            }
        };
    }

    private void request(Stage stage, RequestSlot slot) {
        switch (stage) {
            case JOURNAL -> journalled.add(slot.requestId);
            case DECODE -> {
                slot.lane = slot.body.buffer().getInt(0);
                int decodedBytes = slot.body.buffer().getInt(4);
                if (!slot.decoded.reserve(decodedBytes, rings.requestBuffers(), 1)) {
                    slot.context().refuse(RequestStatus.OVERLOADED, "no buffer", null);
                }
            }
            case RATE_LIMIT -> limited.add(slot.requestId);
            default -> {
                expect(journalled.contains(slot.requestId), "batch before journal", slot.requestId);
                expect(limited.contains(slot.requestId), "batch before limit", slot.requestId);
            }
        }
    }

    private EventHandler<ReplySlot> onReply(Stage stage) {
        return new EventHandler<>() {
            @Override
            public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
                inOrder(stage, sequence);
                if (stage == Stage.REPLY_JOURNAL) {
                    repliesOnRecord.add(sequence);
                } else if (stage == Stage.REPLY) {
                    expect(repliesOnRecord.remove(sequence), "reply before record", sequence);
                } else {
                    end(slot);
                }
                raise(stage, slot.requestId);
            }

            @Override
            public void onShutdown() {
                shutdowns.incrementAndGet();
            }
        };
    }

    private void end(ReplySlot slot) {
        RequestContext context = slot.context();
        expect(context.requestId == slot.requestId, "context reused too soon", slot.requestId);
        if (slot.last) {
            Stamps stamps = context.stamps;
            var outcome =
                    new Outcome(
                            context.status,
                            context.broken,
                            context.cancelled(),
                            IntStream.range(0, Stamps.PARTITION.size())
                                    .mapToObj(stamps::durationNanos)
                                    .toList(),
                            stamps.totalNanos(),
                            stamps.doneNanos(Stage.JOURNAL));
            expect(outcomes.put(slot.requestId, outcome) == null, "ended twice", slot.requestId);
            inFlight.release(context);
        }
    }

    private void inOrder(Stage stage, long sequence) {
        Long before = lastSequences.put(stage, sequence);
        expect(before == null || before < sequence, "out of order in " + stage, sequence);
    }

    private void expect(boolean holds, String violation, long id) {
        if (!holds) {
            violations.add(violation + ": " + id);
        }
    }

    private void raise(Stage stage, long requestId) {
        Throwable cause = fault.at(stage, requestId);
        if (cause instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
    }

    List<Long> ended() {
        return List.copyOf(outcomes.keySet());
    }
}

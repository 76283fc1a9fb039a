package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import org.agrona.concurrent.NanoClock;

/**
 * Guards one handler of the request ring: decides which slots it sees, stamps when it was done, and
 * turns a throw into the failure of that one request. Runs on: the stage's thread.
 */
final class RequestStage implements EventHandler<RequestSlot> {
    private final Stage stage;
    private final EventHandler<RequestSlot> handler;
    private final StageFailures failures;
    private final NanoClock clock;

    RequestStage(
            Stage stage,
            EventHandler<RequestSlot> handler,
            StageFailures failures,
            NanoClock clock) {
        this.stage = stage;
        this.handler = handler;
        this.failures = failures;
        this.clock = clock;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        // The journal sees everything; other stages see requests nobody has refused.
        if (stage != Stage.JOURNAL && !slot.admitted()) {
            return;
        }
        try {
            handler.onEvent(slot, sequence, endOfBatch);
        } catch (Throwable e) {
            fail(slot, e);
        }
        if (slot.kind == RequestSlot.Kind.REQUEST) {
            slot.context().stamps.done(stage, clock.nanoTime());
        }
        if (stage == Stage.JOURNAL) {
            slot.body.release();
        }
    }

    private void fail(RequestSlot slot, Throwable cause) {
        failures.failed(stage, slot.requestId, cause);
        if (stage == Stage.JOURNAL) {
            // Decode may be writing the context at this moment: only the slot is the journal's.
            slot.journalFailed = true;
        } else {
            slot.context()
                    .refuse(RequestStatus.INTERNAL, "internal error in " + stage.label(), null);
        }
    }

    @Override
    public void onStart() {
        handler.onStart();
    }

    @Override
    public void onShutdown() {
        handler.onShutdown();
    }
}

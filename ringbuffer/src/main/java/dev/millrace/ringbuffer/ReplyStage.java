package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import org.agrona.concurrent.NanoClock;

/**
 * Guards one handler of the reply ring: stamps a request's last reply, and turns a throw into the
 * end of that one answer. Runs on: the stage's thread.
 */
final class ReplyStage implements EventHandler<ReplySlot> {
    private final Stage stage;
    private final EventHandler<ReplySlot> handler;
    private final StageFailures failures;
    private final NanoClock clock;

    ReplyStage(
            Stage stage, EventHandler<ReplySlot> handler, StageFailures failures, NanoClock clock) {
        this.stage = stage;
        this.handler = handler;
        this.failures = failures;
        this.clock = clock;
    }

    @Override
    public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
        RequestContext context = slot.context();
        handle(slot, sequence, endOfBatch);
        if (stage == Stage.TELEMETRY) {
            // The context is free after its last reply: only the slot may be touched.
            slot.payload.release();
        } else if (slot.last) {
            context.stamps.done(stage, clock.nanoTime());
        }
    }

    private void handle(ReplySlot slot, long sequence, boolean endOfBatch) {
        try {
            handler.onEvent(slot, sequence, endOfBatch);
        } catch (Throwable e) {
            failures.failed(stage, slot.requestId, e);
            if (stage != Stage.TELEMETRY) {
                fail(slot);
            }
        }
    }

    private void fail(ReplySlot slot) {
        RequestContext context = slot.context();
        context.breakOff(RequestStatus.INTERNAL, "internal error in " + stage.label());
        ReplySink sink = context.sink;
        if (stage == Stage.REPLY && sink != null) {
            try {
                sink.abort(context);
                sink.flush();
            } catch (Throwable e) {
                failures.failed(stage, slot.requestId, e);
            }
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

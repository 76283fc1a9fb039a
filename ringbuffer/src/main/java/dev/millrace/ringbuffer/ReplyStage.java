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
        if (stage != Stage.TELEMETRY && slot.last) {
            // Before the handler: telemetry may return the context as soon as reply has advanced.
            handle(slot, sequence, endOfBatch);
            context.stamps.done(stage, clock.nanoTime());
            return;
        }
        handle(slot, sequence, endOfBatch);
        if (stage == Stage.TELEMETRY) {
            slot.payload.release();
        }
    }

    private void handle(ReplySlot slot, long sequence, boolean endOfBatch) {
        try {
            handler.onEvent(slot, sequence, endOfBatch);
        } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError e) {
            failures.failed(stage, slot.requestId, e);
            if (stage != Stage.TELEMETRY) {
                fail(slot.context());
            }
        }
    }

    private void fail(RequestContext context) {
        context.broken = true;
        context.refuse(RequestStatus.INTERNAL, "internal error in " + stage.label(), null);
        ReplySink sink = context.sink;
        if (stage == Stage.REPLY && sink != null) {
            sink.abort(context);
            sink.flush();
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

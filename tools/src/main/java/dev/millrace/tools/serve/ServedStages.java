package dev.millrace.tools.serve;

import com.lmax.disruptor.EventHandler;
import dev.millrace.journal.Recorder;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.stages.batch.BatchHandler;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.ratelimit.RateLimitHandler;
import dev.millrace.stages.reply.ReplyHandler;
import dev.millrace.stages.telemetry.TelemetryHandler;

/** The stages of every server that answers, each in its place. */
public final class ServedStages {
    private static final int SHAPES = 4096;

    private ServedStages() {}

    public static StageHandlers of(
            ThreadPlan plan,
            Recorder recorder,
            DecodeHandler decode,
            RateLimitHandler rateLimit,
            ReplyHandler reply,
            TelemetryHandler telemetry) {
        Recorder.RequestHandlers requests = recorder.requestHandlers(plan.fused());
        return new StageHandlers(
                requests.requests(),
                decode,
                rateLimit,
                batch(recorder),
                requests.decisions(),
                recorder.replyHandler(),
                reply,
                telemetry);
    }

    /** What may go together; and what was asked before. */
    private static EventHandler<RequestSlot> batch(Recorder recorder) {
        EventHandler<RequestSlot> batch = new BatchHandler(SHAPES);
        EventHandler<RequestSlot> repeats = recorder.repeatHandler();
        return (slot, sequence, endOfBatch) -> {
            batch.onEvent(slot, sequence, endOfBatch);
            repeats.onEvent(slot, sequence, endOfBatch);
        };
    }
}

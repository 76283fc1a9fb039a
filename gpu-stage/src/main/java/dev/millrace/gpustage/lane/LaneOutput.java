package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Stage;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What a lane hands on: replies, stamps and counts.
 *
 * <p>Shared by the lanes of a server; each lane's thread uses it for its own requests.
 */
public record LaneOutput(ReplyPublisher replies, Counters counters, NanoClock clock) {
    /** Ends a request without an answer; the caller forgets it. */
    void refuse(
            RequestContext context, RequestStatus status, String message, @Nullable String param) {
        context.refuse(status, message, param);
        if (status == RequestStatus.INTERNAL) {
            counters.increment(Counter.LANE_FAILURES);
        }
        stampEnd(context);
        replies.failure(context);
    }

    /** The request leaves the queue: its first execution begins. */
    void stampStart(RequestContext context) {
        context.stamps.done(Stage.QUEUE, clock.nanoTime());
    }

    /**
     * Stamps the end of the lane's work; before the last reply is published, since telemetry reads
     * it after that.
     */
    void stampEnd(RequestContext context) {
        context.stamps.done(Stage.INFER, clock.nanoTime());
    }
}

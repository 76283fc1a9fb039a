package dev.millrace.ringbuffer;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A handler threw: that one request fails, the stage goes on. Counts every failure and logs a
 * bounded number a minute, since somebody outside may be able to provoke them.
 */
final class StageFailures {
    private static final Logger LOG = LoggerFactory.getLogger(StageFailures.class);
    private static final long LOG_INTERVAL_NANOS = 1_000_000_000L;

    private final Counters counters;
    private final AtomicLong lastLogNanos = new AtomicLong(System.nanoTime() - LOG_INTERVAL_NANOS);

    StageFailures(Counters counters) {
        this.counters = counters;
    }

    void failed(Stage stage, long requestId, Throwable cause) {
        counters.increment(Counter.STAGE_FAILURES);
        long now = System.nanoTime();
        long last = lastLogNanos.get();
        if (now - last >= LOG_INTERVAL_NANOS && lastLogNanos.compareAndSet(last, now)) {
            LOG.error("{} failed request {}", stage.label(), Long.toHexString(requestId), cause);
        }
    }
}

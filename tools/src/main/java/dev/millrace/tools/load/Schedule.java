package dev.millrace.tools.load;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

/**
 * The requests of a load that ends after a time: by arrivals, or for as long as the clock has not
 * passed its end. Gone through once, as they are sent.
 */
public final class Schedule implements Iterable<Shot> {
    private final Supplier<ByteBuffer> requests;
    private final Arrivals arrivals;
    private final SendClock clock;
    private final long untilNanos;
    private final long totalNanos;

    private Schedule(
            Supplier<ByteBuffer> requests,
            Arrivals arrivals,
            SendClock clock,
            long untilNanos,
            long totalNanos) {
        this.requests = requests;
        this.arrivals = arrivals;
        this.clock = clock;
        this.untilNanos = untilNanos;
        this.totalNanos = totalNanos;
    }

    /** As many as arrive within that time, whenever they are sent. */
    public static Schedule open(
            Supplier<ByteBuffer> requests, Arrivals arrivals, SendClock clock, long totalNanos) {
        return new Schedule(requests, arrivals, clock, Long.MAX_VALUE, totalNanos);
    }

    /** One after the other, for {@link Speed#MAX}, until the clock has reached that moment. */
    public static Schedule closed(Supplier<ByteBuffer> requests, SendClock clock, long untilNanos) {
        return new Schedule(requests, () -> 0, clock, untilNanos, Long.MAX_VALUE);
    }

    @Override
    public Iterator<Shot> iterator() {
        return new Iterator<>() {
            private long offset = arrivals.gapNanos();

            @Override
            public boolean hasNext() {
                return offset < totalNanos
                        && (untilNanos == Long.MAX_VALUE || clock.nanoTime() - untilNanos < 0);
            }

            @Override
            public Shot next() {
                if (offset >= totalNanos) {
                    throw new NoSuchElementException();
                }
                var shot = new Shot(requests.get(), offset);
                offset += arrivals.gapNanos();
                return shot;
            }
        };
    }
}

package dev.millrace.tools.bench;

import dev.millrace.tools.load.Percentiles;
import org.HdrHistogram.Histogram;

/** What a client saw of its streams. Owned by one thread at a time. */
final class StreamTimes {
    private final Histogram firstTokenNanos = Percentiles.histogram();
    private final Histogram interTokenNanos = Percentiles.histogram();
    private long tokens;

    /** From request to first token, one value for each stream. */
    Histogram firstTokenNanos() {
        return firstTokenNanos;
    }

    /** Between the parts of one stream. */
    Histogram interTokenNanos() {
        return interTokenNanos;
    }

    /** In all answers. */
    long tokens() {
        return tokens;
    }

    void addTokens(long more) {
        tokens += more;
    }

    void add(StreamTimes other) {
        firstTokenNanos.add(other.firstTokenNanos);
        interTokenNanos.add(other.interTokenNanos);
        tokens += other.tokens;
    }
}

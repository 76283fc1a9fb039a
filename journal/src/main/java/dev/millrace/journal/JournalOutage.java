package dev.millrace.journal;

import dev.millrace.config.JournalConfig.OnFailure;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the journal can be written, and what is not on record because it could not. Any appending
 * thread writes, any thread reads. Says so once when it begins and once when it ends.
 */
final class JournalOutage {
    private static final Logger LOG = LoggerFactory.getLogger(JournalOutage.class);

    private final OnFailure onFailure;
    private final Counters counters;
    private final AtomicLong missing = new AtomicLong();
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile String cause = "";
    private volatile String syncCause = "";

    JournalOutage(OnFailure onFailure, Counters counters) {
        this.onFailure = onFailure;
        this.counters = counters;
    }

    /**
     * A record cannot be in the journal, whatever its state: it is too long.
     *
     * @return whether its request is served all the same
     */
    boolean tooLong(int bytes, int room) {
        LOG.warn("journal: a record of {} bytes, which takes {}, is not written", bytes, room);
        return missing(1);
    }

    /**
     * Records could not be written.
     *
     * @return whether their requests are served all the same
     */
    boolean failed(JournalException problem, int records) {
        if (failing.compareAndSet(false, true)) {
            cause = String.valueOf(problem.getMessage());
            LOG.error("journal: {}; requests are {}", cause, consequence());
        }
        return missing(records);
    }

    private boolean missing(int records) {
        counters.add(Counter.JOURNAL_FAILURES, records);
        missing.addAndGet(records);
        return serves();
    }

    /**
     * Records are written, and may be lost with the machine. For good.
     *
     * @return whether requests are served all the same
     */
    boolean syncFailed(JournalException problem) {
        if (syncCause.isEmpty()) {
            syncCause = String.valueOf(problem.getMessage());
            LOG.error("journal: {}; requests are {}", syncCause, consequence());
        }
        return serves();
    }

    private String consequence() {
        return serves() ? "served without being on record" : "refused";
    }

    /** Whether requests are served that are not on record. */
    boolean serves() {
        return onFailure == OnFailure.SERVE_UNJOURNALLED;
    }

    /** A record was written. */
    void worked() {
        if (failing.get() && failing.compareAndSet(true, false)) {
            LOG.warn("journal: records are written again; a GAP record says how many were not");
        }
    }

    /** Whether records are missing that no GAP record speaks of. */
    boolean gap() {
        return missing.get() != 0;
    }

    /** How many are missing; whoever takes the number puts it on record or gives it back. */
    long takeMissing() {
        return missing.getAndSet(0);
    }

    /** The number is not on record. */
    void giveBack(long records) {
        missing.addAndGet(records);
    }

    /** What is wrong at this moment; empty where nothing is. */
    String problem() {
        return failing.get() ? cause : syncCause;
    }
}

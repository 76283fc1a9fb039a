package dev.millrace.config;

/**
 * How stages map to threads, CPUs and waits. Keys {@code threads.*}.
 *
 * @param plan which stages share a thread
 * @param waiting how a stage thread waits for work
 * @param pin whether stage threads are pinned to a CPU each
 * @param engineThreads threads that compute for each model: parts of a text model's step, or inside
 *     the operators of any other. Part of the plan, since OpenMP threads that compete with stage
 *     threads collapse (20-fold on two cores)
 */
public record ThreadsConfig(Plan plan, Waiting waiting, Pin pin, int engineThreads) {

    /** Which stages share a thread. */
    public enum Plan {
        /** {@link #PIPELINED} from 8 CPUs on, {@link #COMPACT} below. */
        AUTO,
        /** Two stage threads and one per lane. */
        COMPACT,
        /** One thread per stage and one per lane. */
        PIPELINED,
        /**
         * Every stage on the thread of a request's door, one per lane: no hand-over but to a lane
         * and back. For few CPUs and small requests: a long prompt holds up whoever else waits for
         * that thread.
         */
        RUN_TO_COMPLETION
    }

    /** How a thread waits when its ring is empty. */
    public enum Waiting {
        /** {@link #YIELDING} for pipelined, {@link #BLOCKING} for the others. */
        AUTO,
        BLOCKING,
        SLEEPING,
        YIELDING,
        BUSY_SPIN
    }

    /** Whether stage threads are pinned. */
    public enum Pin {
        /** Where the process may use at least one CPU per stage thread. */
        AUTO,
        ON,
        OFF
    }

    public ThreadsConfig {
        Check.inRange("threads.engine-threads", engineThreads, 1, 256);
    }

    public static ThreadsConfig defaults() {
        return new ThreadsConfig(Plan.AUTO, Waiting.AUTO, Pin.AUTO, 1);
    }
}

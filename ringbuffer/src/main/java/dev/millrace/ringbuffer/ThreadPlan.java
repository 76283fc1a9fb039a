package dev.millrace.ringbuffer;

import dev.millrace.config.ThreadsConfig;

/**
 * Which stages share a thread, how threads wait, and whether they are pinned: the configuration
 * with every {@code auto} resolved for this machine.
 *
 * @param plan COMPACT, PIPELINED or RUN_TO_COMPLETION
 * @param pinned whether stage threads and lanes get a CPU each
 * @param why one phrase for the start-up log on pinning
 */
public record ThreadPlan(ThreadsConfig.Plan plan, Waiting waiting, boolean pinned, String why) {
    private static final int PIPELINED_FROM_CPUS = 8;
    private static final int COMPACT_STAGE_THREADS = 2;
    private static final int PIPELINED_STAGE_THREADS = 7;

    /**
     * @param cpus CPUs this process may use
     * @param ioThreads threads of the doors
     * @param lanes threads of the engine
     */
    public static ThreadPlan of(ThreadsConfig config, int cpus, int ioThreads, int lanes) {
        ThreadsConfig.Plan plan =
                switch (config.plan()) {
                    case AUTO ->
                            cpus >= PIPELINED_FROM_CPUS
                                    ? ThreadsConfig.Plan.PIPELINED
                                    : ThreadsConfig.Plan.COMPACT;
                    default -> config.plan();
                };
        boolean pipelined = plan == ThreadsConfig.Plan.PIPELINED;
        int threads = stageThreads(plan) + ioThreads + lanes * config.engineThreads();
        boolean roomy = cpus >= threads;
        Waiting waiting =
                switch (config.waiting()) {
                    // Spinning beside OpenMP threads on too few CPUs collapses both.
                    case AUTO -> !pipelined || !roomy ? Waiting.BLOCKING : Waiting.YIELDING;
                    case BLOCKING -> Waiting.BLOCKING;
                    case SLEEPING -> Waiting.SLEEPING;
                    case YIELDING -> Waiting.YIELDING;
                    case BUSY_SPIN -> Waiting.BUSY_SPIN;
                };
        boolean pinned =
                switch (config.pin()) {
                    case AUTO -> roomy;
                    case ON -> true;
                    case OFF -> false;
                };
        String why =
                switch (config.pin()) {
                    case AUTO -> cpus + " CPUs for " + threads + " threads";
                    case ON, OFF -> "as configured";
                };
        return new ThreadPlan(plan, waiting, pinned, why);
    }

    private static int stageThreads(ThreadsConfig.Plan plan) {
        return switch (plan) {
            case PIPELINED -> PIPELINED_STAGE_THREADS;
            // An I/O thread runs them.
            case RUN_TO_COMPLETION -> 0;
            default -> COMPACT_STAGE_THREADS;
        };
    }

    /** Whether one thread runs every stage of the request ring, and one every stage of replies. */
    public boolean fused() {
        return plan != ThreadsConfig.Plan.PIPELINED;
    }

    /** Whether that is the same thread, which may be a door's. */
    public boolean runsToCompletion() {
        return plan == ThreadsConfig.Plan.RUN_TO_COMPLETION;
    }
}

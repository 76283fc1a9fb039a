package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;

/**
 * What the door's thread does when there is nothing to do: it yields for as long as another request
 * is likely, as nothing is quicker than finding it by looking, and then sleeps until it is woken.
 * Runs on: the door's thread.
 */
final class DoorIdle {
    /** A closed loop's next request comes within this. */
    private static final long YIELDING_NANOS = 500_000;

    /** A client that made room for what waits tells nobody. */
    private static final long BLOCKED_MILLIS = 1;

    private final AeronConfig.Idle how;
    private final DoorSleep sleep;
    private final long longestMillis;
    private boolean idle;
    private long idleSince;

    /**
     * @param longestMillis of a sleep: Aeron has duties, and some clients ring no bell
     */
    DoorIdle(AeronConfig.Idle how, DoorSleep sleep, long longestMillis) {
        this.how = how;
        this.sleep = sleep;
        this.longestMillis = longestMillis;
    }

    /**
     * After a turn.
     *
     * @param work how much it found to do
     * @param blocked whether something waits for room
     */
    @SuppressWarnings("ThreadPriorityCheck") // Whoever else has work goes first.
    void after(int work, boolean blocked) {
        if (work > 0) {
            idle = false;
            if (sleep.asleep()) {
                sleep.asleep(false);
            }
            return;
        }
        switch (how) {
            case BUSY_SPIN -> Thread.onSpinWait();
            case YIELDING -> Thread.yield();
            case BACKOFF -> backOff(blocked);
        }
    }

    @SuppressWarnings("ThreadPriorityCheck")
    private void backOff(boolean blocked) {
        long now = System.nanoTime();
        if (!idle) {
            idle = true;
            idleSince = now;
        }
        if (now - idleSince < YIELDING_NANOS) {
            Thread.yield();
        } else if (!sleep.asleep()) {
            // The next turn is the last look.
            sleep.asleep(true);
        } else {
            sleep.sleep(blocked ? BLOCKED_MILLIS : longestMillis);
        }
    }
}

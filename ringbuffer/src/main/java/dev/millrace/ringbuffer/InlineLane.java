package dev.millrace.ringbuffer;

/**
 * A lane that computes in next to no time, so that a thread of its own costs more than it does:
 * under the plan {@code run-to-completion} its turns are taken where the stages' are.
 */
public interface InlineLane extends Lane {
    /**
     * One turn: takes what is there, executes it, publishes the answers. Never waits.
     *
     * @return false where there was nothing to take
     */
    boolean turn(LaneFeed feed, TurnJournal journal);

    @Override
    default void run(LaneFeed feed, TurnJournal journal) {
        while (!feed.stopping()) {
            if (!turn(feed, journal)) {
                feed.idle(Long.MAX_VALUE);
            }
        }
    }
}

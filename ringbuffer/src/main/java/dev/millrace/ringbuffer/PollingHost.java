package dev.millrace.ringbuffer;

/**
 * For a door whose thread looks for work all the time: under the plan {@code run-to-completion} it
 * runs the stages itself, for what it published, so that neither a request nor its answer changes
 * threads. Under any other plan it does nothing. Runs on: that thread.
 */
public interface PollingHost {
    /** Where nobody runs stages but their own threads. */
    PollingHost NONE =
            new PollingHost() {
                @Override
                public void begin() {}

                @Override
                public boolean turn() {
                    return false;
                }

                @Override
                public void end() {}
            };

    /** From here on what this thread publishes waits for its next {@link #turn}. */
    void begin();

    /**
     * Runs the stages, where they have work and nobody else does. To be called after whatever may
     * have published, and again before this thread waits for anything until it returns false.
     *
     * @return whether something was done
     */
    boolean turn();

    /** From here on this thread is as any other. */
    void end();
}

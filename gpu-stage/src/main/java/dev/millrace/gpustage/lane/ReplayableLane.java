package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.LaneTurn;

/** A lane that repeats recorded turns instead of running by itself. */
public interface ReplayableLane extends Lane {
    /**
     * Repeats a recorded turn on the caller's thread, which owns the lane. The lane takes the
     * requests that it took then, and notices what it noticed then; what follows from that it
     * decides again.
     *
     * @return what the lane did; valid until the next call
     */
    LaneTurn replay(LaneTurn recorded, LaneFeed feed);

    /** Shows every token that is sampled to {@code witness}. Before the first turn. */
    default void witness(TokenWitness witness) {}
}

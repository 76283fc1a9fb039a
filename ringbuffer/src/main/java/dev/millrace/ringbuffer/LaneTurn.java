package dev.millrace.ringbuffer;

import java.util.Arrays;

/**
 * What one turn of a lane did: what it noticed, in order, and what it executes together. With the
 * time at which the turn looked, it is all that a lane's decisions depend on.
 *
 * <p>Reused by the lane's thread, which fills it and hands it to its {@link TurnJournal} before it
 * executes; readers of a journal fill one of their own.
 */
public final class LaneTurn {
    /** What a lane noticed of a request. */
    public enum Event {
        /** It was taken out of the ring, or refused by the lane on the way. */
        TAKEN,
        /** Its client went away. */
        CANCELLED,
        /** Its deadline has passed. */
        EXPIRED,
        /** The form its text must have is compiled. */
        FORM_READY,
        /** The form its text must have cannot be had. */
        FORM_REFUSED
    }

    /** The lane. */
    public int lane;

    /** Counts the lane's recorded turns from 0. */
    public long number;

    /** The server's monotonic clock when the turn began. */
    public long nowNanos;

    /** Whether the lane was asked to wait for no company. */
    public boolean flush;

    private int eventCount;
    private long[] eventRequests = new long[64];
    private Event[] events = new Event[64];

    private int entryCount;
    private long[] requests = new long[64];
    private int[] runs = new int[64];
    private int[] starts = new int[64];
    private int[] counts = new int[64];
    private int[] drafts = new int[64];

    /** Forgets the turn before. */
    public void begin(int lane, long number, long nowNanos, boolean flush) {
        this.lane = lane;
        this.number = number;
        this.nowNanos = nowNanos;
        this.flush = flush;
        eventCount = 0;
        entryCount = 0;
    }

    /** Something was noticed. */
    public void event(Event event, long requestId) {
        if (eventCount == events.length) {
            events = Arrays.copyOf(events, 2 * eventCount);
            eventRequests = Arrays.copyOf(eventRequests, 2 * eventCount);
        }
        events[eventCount] = event;
        eventRequests[eventCount++] = requestId;
    }

    /**
     * A generation's part in a step, or a text's or a request's in a batch.
     *
     * @param run which run or text of the request; 0 for tensors
     * @param start position of the first token that is computed; 0 where there are no positions
     * @param count tokens that are computed, drafts included; rows of tensors
     * @param drafts how many of the tokens are guesses
     */
    public void entry(long requestId, int run, int start, int count, int drafts) {
        if (entryCount == requests.length) {
            int length = 2 * entryCount;
            requests = Arrays.copyOf(requests, length);
            runs = Arrays.copyOf(runs, length);
            starts = Arrays.copyOf(starts, length);
            counts = Arrays.copyOf(counts, length);
            this.drafts = Arrays.copyOf(this.drafts, length);
        }
        requests[entryCount] = requestId;
        runs[entryCount] = run;
        starts[entryCount] = start;
        counts[entryCount] = count;
        this.drafts[entryCount++] = drafts;
    }

    /** Whether there is nothing to tell. */
    public boolean isEmpty() {
        return eventCount == 0 && entryCount == 0;
    }

    /** Whether both did the same, whenever they did it. */
    public boolean sameWork(LaneTurn other) {
        return Arrays.equals(events, 0, eventCount, other.events, 0, other.eventCount)
                && equal(eventRequests, eventCount, other.eventRequests, other.eventCount)
                && sameEntries(other);
    }

    /** Whether both executed the same together. */
    public boolean sameEntries(LaneTurn other) {
        return equal(requests, entryCount, other.requests, other.entryCount)
                && equal(runs, other.runs)
                && equal(starts, other.starts)
                && equal(counts, other.counts)
                && equal(drafts, other.drafts);
    }

    private static boolean equal(long[] one, int count, long[] other, int otherCount) {
        return Arrays.equals(one, 0, count, other, 0, otherCount);
    }

    private boolean equal(int[] one, int[] other) {
        return Arrays.equals(one, 0, entryCount, other, 0, entryCount);
    }

    /** Whether that was noticed of that request. */
    public boolean names(Event event, long requestId) {
        for (int i = 0; i < eventCount; i++) {
            if (eventRequests[i] == requestId && events[i] == event) {
                return true;
            }
        }
        return false;
    }

    /** How much was noticed. */
    public int eventCount() {
        return eventCount;
    }

    public Event event(int index) {
        return events[index];
    }

    /** The request that the event is of. */
    public long eventRequest(int index) {
        return eventRequests[index];
    }

    /** How many are executed together; 0 where the turn executes nothing. */
    public int entryCount() {
        return entryCount;
    }

    /** The request of an entry. */
    public long request(int index) {
        return requests[index];
    }

    /** Which run or text of its request. */
    public int run(int index) {
        return runs[index];
    }

    /** Position of the first token that is computed. */
    public int start(int index) {
        return starts[index];
    }

    /** Tokens or rows that are computed. */
    public int count(int index) {
        return counts[index];
    }

    /** How many of the tokens are guesses. */
    public int drafts(int index) {
        return drafts[index];
    }
}

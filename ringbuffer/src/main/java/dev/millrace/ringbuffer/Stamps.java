package dev.millrace.ringbuffer;

import java.util.Arrays;
import java.util.List;

/**
 * When each stage finished with a request, in nanoseconds of the server's monotonic clock. Kept in
 * the context; each cell is written by the stage it names and read by telemetry, ordered by the
 * rings.
 *
 * <p>The durations of {@link #PARTITION} sum to the total to the nanosecond: a stage's duration
 * runs from the end of the stage before it in that list, so that waiting belongs to the stage that
 * was waited for. {@link Stage#JOURNAL} runs beside decode and is reported on its own.
 */
public final class Stamps {
    /** The stages that divide a request's life, in order. */
    public static final List<Stage> PARTITION =
            List.of(
                    Stage.DOOR,
                    Stage.DECODE,
                    Stage.RATE_LIMIT,
                    Stage.BATCH,
                    Stage.QUEUE,
                    Stage.INFER,
                    Stage.REPLY_JOURNAL,
                    Stage.REPLY);

    private static final int STAGES = Stage.values().length;

    private final long[] doneNanos = new long[STAGES];
    private long arrivalNanos;
    private long firstTokenNanos;

    /** Forgets everything but the arrival. Called by the door. */
    public void begin(long arrivalNanos) {
        Arrays.fill(doneNanos, 0);
        firstTokenNanos = 0;
        this.arrivalNanos = arrivalNanos;
    }

    public void done(Stage stage, long nanos) {
        doneNanos[stage.ordinal()] = nanos;
    }

    public void firstToken(long nanos) {
        firstTokenNanos = nanos;
    }

    public long arrivalNanos() {
        return arrivalNanos;
    }

    /** 0 where no token was made. */
    public long firstTokenNanos() {
        return firstTokenNanos;
    }

    /** 0 where the stage did not see the request. */
    public long doneNanos(Stage stage) {
        return doneNanos[stage.ordinal()];
    }

    /**
     * Nanoseconds of {@link #PARTITION}'s stage at {@code index}; 0 for a stage that did not see
     * the request.
     */
    public long durationNanos(int index) {
        long done = doneNanos[PARTITION.get(index).ordinal()];
        return done == 0 ? 0 : done - previous(index);
    }

    /** As {@link #durationNanos(int)}, of a stage of {@link #PARTITION}. */
    public long durationNanos(Stage stage) {
        return durationNanos(PARTITION.indexOf(stage));
    }

    /** From arrival to the end of the last stage that saw the request. */
    public long totalNanos() {
        return previous(PARTITION.size()) - arrivalNanos;
    }

    private long previous(int index) {
        for (int i = index - 1; i >= 0; i--) {
            long done = doneNanos[PARTITION.get(i).ordinal()];
            if (done != 0) {
                return done;
            }
        }
        return arrivalNanos;
    }
}

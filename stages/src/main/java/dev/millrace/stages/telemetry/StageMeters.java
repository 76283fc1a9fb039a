package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import io.micrometer.core.instrument.Tags;
import java.util.List;

/**
 * One histogram per stage: those of {@link Stamps#PARTITION}, which sum to a request's life, and
 * {@code journal}, which runs beside decode. Runs on: the {@code telemetry} thread.
 */
final class StageMeters {
    private final List<DurationHistogram> partition;
    private final DurationHistogram journal;

    StageMeters(Metrics metrics) {
        DurationFamily family =
                metrics.durations(
                        "millrace_stage_duration_seconds",
                        "From the end of the stage before to the end of this one");
        partition = Stamps.PARTITION.stream().map(stage -> histogram(family, stage)).toList();
        journal = histogram(family, Stage.JOURNAL);
    }

    /** Records the stages that saw the request. */
    void record(Stamps stamps) {
        for (int i = 0; i < partition.size(); i++) {
            if (stamps.doneNanos(Stamps.PARTITION.get(i)) != 0) {
                partition.get(i).record(stamps.durationNanos(i));
            }
        }
        if (stamps.doneNanos(Stage.JOURNAL) != 0) {
            journal.record(journalNanos(stamps));
        }
    }

    /** From the door's hand-over to the record; 0 where the journal did not see the request. */
    static long journalNanos(Stamps stamps) {
        long recorded = stamps.doneNanos(Stage.JOURNAL);
        long handedOver = stamps.doneNanos(Stage.DOOR);
        return recorded == 0
                ? 0
                : recorded - (handedOver == 0 ? stamps.arrivalNanos() : handedOver);
    }

    private static DurationHistogram histogram(DurationFamily family, Stage stage) {
        return family.with(Tags.of("stage", stage.label()));
    }
}

package dev.millrace.tools.bench;

import dev.millrace.tools.load.Percentiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.HdrHistogram.Histogram;

/** The steps that lanes execute while it is open, from their flight-recorder events. */
final class StepRecording implements AutoCloseable {
    private static final String EVENT = "millrace.Step";

    private final Recording recording = new Recording();

    /**
     * What the lanes did.
     *
     * @param nanos of each step, from its plan to its last token
     * @param tokens computed in all steps, prompts included
     * @param breakdown of the mean step
     */
    record Steps(Histogram nanos, long tokens, StepBreakdown breakdown) {}

    StepRecording() {
        recording.enable(EVENT).withoutThreshold().withoutStackTrace();
        recording.start();
    }

    /** Stops the recording and reads it. */
    Steps stop() throws IOException {
        recording.stop();
        Path file = Files.createTempFile("millrace-steps-", ".jfr");
        try {
            recording.dump(file);
            Histogram nanos = Percentiles.histogram();
            long tokens = 0;
            long plan = 0;
            long model = 0;
            long sample = 0;
            long all = 0;
            List<RecordedEvent> events = stepsOf(RecordingFile.readAllEvents(file));
            for (RecordedEvent event : events) {
                // An event begins behind the plan: an idle lane plans, and steps nothing.
                long planNanos = event.getLong("planNanos");
                long stepNanos = planNanos + event.getDuration().toNanos();
                nanos.recordValue(stepNanos);
                tokens += event.getInt("tokens");
                plan += planNanos;
                model += event.getLong("modelNanos");
                sample += event.getLong("sampleNanos");
                all += stepNanos;
            }
            return new Steps(
                    nanos, tokens, StepBreakdown.of(events.size(), plan, model, sample, all));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static List<RecordedEvent> stepsOf(List<RecordedEvent> events) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(EVENT))
                .toList();
    }

    @Override
    public void close() {
        recording.close();
    }
}

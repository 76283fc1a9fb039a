package dev.millrace.tools.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
     * @param nanos of each step, sampling and publishing included
     * @param tokens computed in all steps, prompts included
     */
    record Steps(Histogram nanos, long tokens) {}

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
            Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
            nanos.setAutoResize(true);
            long tokens = 0;
            for (RecordedEvent event : stepsOf(RecordingFile.readAllEvents(file))) {
                nanos.recordValue(event.getDuration().toNanos());
                tokens += event.getInt("tokens");
            }
            return new Steps(nanos, tokens);
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

package dev.millrace.stages.telemetry;

import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;
import jdk.jfr.consumer.RecordingStream;

/**
 * Keeps our own events to those who want them. An event that no recording names is on in all of
 * them, and so the stream that a server always has would make one of each request and step; named
 * off by one recording it is off in all that do not name it. So the stream names them off, and
 * every other recording that does not name them has them on.
 */
final class OwnEvents implements FlightRecorderListener, AutoCloseable {
    private static final List<String> NAMES =
            List.of(
                    "millrace.Request",
                    "millrace.Refusal",
                    "millrace.Step",
                    "millrace.JournalWrite",
                    "millrace.JournalSync",
                    "millrace.LaneLoad",
                    "millrace.LaneUnload");

    /** Before the stream starts. */
    OwnEvents(RecordingStream stream) {
        NAMES.forEach(stream::disable);
        FlightRecorder.addListener(this);
        FlightRecorder.getFlightRecorder().getRecordings().forEach(this::recordingStateChanged);
    }

    @Override
    public void recordingStateChanged(Recording recording) {
        if (recording.getState() != RecordingState.RUNNING) {
            return;
        }
        for (String name : NAMES) {
            if (!recording.getSettings().containsKey(name + "#enabled")) {
                recording.enable(name);
            }
        }
    }

    @Override
    public void close() {
        FlightRecorder.removeListener(this);
    }
}

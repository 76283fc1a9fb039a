package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;

class OwnEventsTest {
    private static boolean wanted() {
        return new RequestEvent().isEnabled();
    }

    @Test
    void shouldMakeEventsForOtherRecordingsAlone() throws Exception {
        try (var stream = new RecordingStream();
                var _ = new OwnEvents(stream)) {
            stream.enable("jdk.CPULoad");
            stream.startAsync();
            assertThat(wanted()).isFalse();
            try (var asked = new Recording(Configuration.getConfiguration("default"))) {
                asked.start();
                assertThat(wanted()).isTrue();
            }
            assertThat(wanted()).isFalse();
            try (var not = new Recording()) {
                not.disable("millrace.Request");
                not.start();
                assertThat(wanted()).isFalse();
            }
        }
    }

    @Test
    void shouldFindRecordingsThatBeganBefore() {
        try (var before = new Recording()) {
            before.start();
            try (var stream = new RecordingStream();
                    var _ = new OwnEvents(stream)) {
                stream.startAsync();
                assertThat(wanted()).isTrue();
            }
        }
    }
}

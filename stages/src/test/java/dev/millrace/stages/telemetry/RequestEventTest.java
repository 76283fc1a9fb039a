package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestEventTest {
    @TempDir Path folder;

    @Test
    void shouldHaveStagesThatSumToTheTotalToTheNanosecond() throws Exception {
        List<RecordedEvent> events = recorded();
        assertThat(events).hasSize(2);
        for (RecordedEvent event : events) {
            long sum = 0;
            for (Stage stage : Stamps.PARTITION) {
                sum += event.getLong(field(stage));
            }
            assertThat(sum).isEqualTo(event.getLong("total"));
        }
        RecordedEvent completion = events.getFirst();
        assertThat(completion.getLong("total")).isEqualTo(7_800);
        assertThat(completion.getLong("infer")).isEqualTo(6_003);
        assertThat(completion.getLong("rateLimit")).isEqualTo(7);
        assertThat(completion.getLong("journal")).isEqualTo(79);
        assertThat(completion.getLong("firstToken")).isEqualTo(3_000);
        assertThat(completion.getDuration("infer").toNanos()).isEqualTo(6_003);
        assertThat(events.getLast().getLong("total")).isEqualTo(300);
    }

    @Test
    void shouldSayWhichRequestItWas() throws Exception {
        RecordedEvent completion = recorded().getFirst();
        assertThat(completion.getString("requestId")).isEqualTo("0000000000000001");
        assertThat(completion.getString("model")).isEqualTo("tiny");
        assertThat(completion.getString("route")).isEqualTo("/v1/completions");
        assertThat(completion.getString("status")).isEqualTo("ok");
        assertThat(completion.getInt("promptTokens")).isEqualTo(5);
        assertThat(completion.getInt("completionTokens")).isEqualTo(3);
        assertThat(completion.getStackTrace()).isNull();
        assertThat(recorded().getLast().getString("status")).isEqualTo("rate_limited");
    }

    @Test
    void shouldLabelEveryField() throws Exception {
        for (ValueDescriptor field : recorded().getFirst().getEventType().getFields()) {
            assertThat(field.getLabel()).as(field.getName()).isNotBlank();
        }
    }

    private static String field(Stage stage) {
        return switch (stage) {
            case RATE_LIMIT -> "rateLimit";
            case REPLY_JOURNAL -> "replyJournal";
            default -> stage.label();
        };
    }

    private List<RecordedEvent> recorded() throws Exception {
        Path file = folder.resolve("requests.jfr");
        try (var recording = new Recording();
                var ended = new Ended(false)) {
            recording.enable("millrace.Request");
            recording.start();
            ended.end(ended.completion(), FinishReason.STOP, 1, 2, 3);
            ended.refused();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("millrace.Request"))
                .toList();
    }
}

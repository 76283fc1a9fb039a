package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.stages.reply.Replies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private final Ended ended = new Ended(false);

    @AfterEach
    void close() {
        ended.close();
    }

    @Test
    void shouldPrintEveryCounterWithItsSentence() {
        ended.replies.rings.counters().add(Counter.STEP_TOKENS, 12);
        String text = ended.metrics().scrape();
        for (Counter counter : Counter.values()) {
            String name = "millrace_" + counter.name().toLowerCase(Locale.ROOT) + "_total";
            assertThat(text).contains("# HELP " + name + " " + counter.help() + "\n");
        }
        assertThat(ended.sample("millrace_step_tokens_total")).isEqualTo(12);
    }

    @Test
    void shouldShowWhatIsFreeAndWhatIsUsed() {
        assertThat(ended.sample("millrace_request_ring_free_slots"))
                .isEqualTo(Replies.CONFIG.slots());
        assertThat(ended.sample("millrace_reply_ring_free_slots"))
                .isEqualTo(Replies.CONFIG.replySlots());
        assertThat(ended.sample("millrace_in_flight_requests")).isZero();
        ended.completion();
        assertThat(ended.sample("millrace_in_flight_requests")).isEqualTo(1);
        assertThat(ended.sample("millrace_in_flight_limit")).isEqualTo(Replies.CONFIG.inFlight());
        assertThat(ended.sample("millrace_request_large_buffers_used")).isZero();
        assertThat(ended.sample("millrace_reply_large_buffers_used")).isZero();
    }

    @Test
    void shouldAskTheSuppliersOfGaugesAtEachScrape() {
        double[] load = {3};
        ended.metrics().requestsRunning("tiny", () -> load[0]);
        ended.metrics().requestsWaiting("tiny", () -> load[0] * 2);
        ended.metrics().gauge("millrace_lanes", "Lanes that run", () -> 1);
        System.gc();
        assertThat(ended.sample("vllm:num_requests_running{engine=\"0\",model_name=\"tiny\"}"))
                .isEqualTo(3);
        load[0] = 4;
        assertThat(ended.sample("vllm:num_requests_waiting{engine=\"0\",model_name=\"tiny\"}"))
                .isEqualTo(8);
        assertThat(ended.sample("millrace_lanes")).isEqualTo(1);
    }

    /** Leaves the text where {@code promtool check metrics} can be tried on it by hand. */
    @Test
    void shouldDeclareEveryFamilyOnce() throws Exception {
        ended.metrics().requestsRunning("tiny", () -> 0);
        ended.end(ended.completion(), FinishReason.STOP, 1);
        ended.refused();
        String text = ended.metrics().scrape();
        write(text);
        assertThat(text.lines().filter(line -> line.startsWith("# TYPE")).toList())
                .doesNotHaveDuplicates();
        assertThat(text.lines().filter(line -> line.startsWith("# TYPE")).count())
                .isEqualTo(text.lines().filter(line -> line.startsWith("# HELP")).count());
    }

    private static void write(String text) throws IOException {
        Files.writeString(Path.of("target", "metrics.txt"), text);
    }
}

package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.GenerationUsage;
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
        ended.metrics().gauge("millrace_lanes", "Lanes that run", () -> 1);
        System.gc();
        assertThat(ended.sample("millrace_lanes")).isEqualTo(1);
    }

    @Test
    void shouldShowWhatATextModelHolds() {
        var usage = new GenerationUsage(8);
        ended.metrics().generations("tiny", usage);
        usage.generations(3, 5);
        usage.blocks(2, 4);
        usage.prefixes(90, 48, 1);
        usage.drafts(7, 6);
        assertThat(tiny("vllm:num_requests_running")).isEqualTo(3);
        assertThat(tiny("vllm:num_requests_waiting")).isEqualTo(5);
        assertThat(tiny("vllm:kv_cache_usage_perc")).isEqualTo(0.25);
        assertThat(tiny("millrace_kv_cache_blocks_used")).isEqualTo(2);
        assertThat(tiny("millrace_kv_cache_blocks_cached")).isEqualTo(4);
        assertThat(tiny("vllm:prefix_cache_queries_total")).isEqualTo(90);
        assertThat(tiny("vllm:prefix_cache_hits_total")).isEqualTo(48);
        assertThat(tiny("vllm:num_preemptions_total")).isEqualTo(1);
        assertThat(tiny("vllm:spec_decode_num_draft_tokens_total")).isEqualTo(7);
        assertThat(tiny("vllm:spec_decode_num_accepted_tokens_total")).isEqualTo(6);
    }

    private double tiny(String name) {
        return ended.sample(name + "{engine=\"0\",model_name=\"tiny\"}");
    }

    /** Leaves the text where {@code promtool check metrics} can be tried on it by hand. */
    @Test
    void shouldDeclareEveryFamilyOnce() throws Exception {
        ended.metrics().generations("tiny", new GenerationUsage(1));
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

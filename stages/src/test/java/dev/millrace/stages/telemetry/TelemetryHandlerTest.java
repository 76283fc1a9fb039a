package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import dev.millrace.stages.ratelimit.Settled;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TelemetryHandlerTest {
    private static final String LABELS = "{model=\"tiny\",route=\"/v1/completions\"}";
    private static final String VLLM = "{engine=\"0\",model_name=\"tiny\"}";

    private final Ended ended = new Ended(false);

    @AfterEach
    void close() {
        ended.close();
    }

    @Test
    void shouldRecordEachStageAndTheWhole() throws Exception {
        ended.end(ended.completion(), FinishReason.STOP, 1, 2, 3);

        double sum = 0;
        for (Stage stage : Stamps.PARTITION) {
            String label = "{stage=\"" + stage.label() + "\"}";
            assertThat(ended.sample("millrace_stage_duration_seconds_count" + label)).isEqualTo(1);
            sum += ended.sample("millrace_stage_duration_seconds_sum" + label);
        }
        assertThat(sum).isCloseTo(7.8e-6, within(1e-15));
        assertThat(ended.sample("millrace_stage_duration_seconds_sum{stage=\"infer\"}"))
                .isCloseTo(6.003e-6, within(1e-15));
        assertThat(ended.sample("millrace_stage_duration_seconds_sum{stage=\"journal\"}"))
                .isCloseTo(79e-9, within(1e-15));
        assertThat(ended.sample("millrace_request_duration_seconds_sum" + LABELS))
                .isCloseTo(7.8e-6, within(1e-15));
        assertThat(ended.sample("millrace_time_to_first_token_seconds_sum" + LABELS))
                .isCloseTo(3e-6, within(1e-15));
    }

    @Test
    void shouldHaveBucketsFromTenMicrosecondsToAMinute() throws Exception {
        ended.end(ended.completion(), FinishReason.STOP, 1);
        assertThat(ended.metrics().scrape())
                .contains(
                        "millrace_stage_duration_seconds_bucket{stage=\"reply\",le=\"1.0E-5\"} 1",
                        "millrace_stage_duration_seconds_bucket{stage=\"reply\",le=\"60.0\"} 1",
                        "millrace_stage_duration_seconds_bucket{stage=\"reply\",le=\"+Inf\"} 1");
    }

    @Test
    void shouldCountTokensOfRequestsThatALaneTook() throws Exception {
        ended.end(ended.completion(), FinishReason.STOP, 1, 2, 3);
        ended.end(ended.completion(), FinishReason.LENGTH, 1);
        ended.refused();

        assertThat(ended.sample("millrace_prompt_tokens_total" + LABELS)).isEqualTo(10);
        assertThat(ended.sample("millrace_generation_tokens_total" + LABELS)).isEqualTo(4);
        assertThat(ended.sample("vllm:prompt_tokens_total" + VLLM)).isEqualTo(10);
        assertThat(ended.sample("vllm:generation_tokens_total" + VLLM)).isEqualTo(4);
        assertThat(ended.sample("vllm:e2e_request_latency_seconds_count" + VLLM)).isEqualTo(2);
        assertThat(ended.sample("vllm:time_to_first_token_seconds_count" + VLLM)).isEqualTo(2);
    }

    @Test
    void shouldCountRequestsByStatusAndByTheReasonOfTheirEnd() throws Exception {
        ended.end(ended.completion(), FinishReason.STOP, 1);
        ended.end(ended.completion(), FinishReason.LENGTH, 1);
        ended.end(ended.completion(), FinishReason.LENGTH, 1);
        ended.refused();
        ended.replies.failure(
                ended.completion(), RequestStatus.CANCELLED, "the client went away", null);
        ended.replies.failure(ended.completion(), RequestStatus.INTERNAL, "lane failed", null);

        assertThat(requests("ok")).isEqualTo(3);
        assertThat(requests("rate_limited")).isEqualTo(1);
        assertThat(requests("cancelled")).isEqualTo(1);
        assertThat(requests("internal")).isEqualTo(1);
        assertThat(success("stop")).isEqualTo(1);
        assertThat(success("length")).isEqualTo(2);
        assertThat(success("abort")).isEqualTo(1);
        assertThat(success("error")).isEqualTo(1);
    }

    @Test
    void shouldRecordTheTimeBetweenTokensOfAStream() throws Exception {
        RequestContext context = ended.completion();
        context.stream = true;
        ended.replies.tokens(context, 0, FinishReason.NONE, false, 1);
        ended.nowNanos += 30_000;
        ended.replies.tokens(context, 0, FinishReason.NONE, false, 2);
        ended.nowNanos += 50_000;
        ended.end(context, FinishReason.STOP, 3);

        assertThat(ended.sample("millrace_inter_token_latency_seconds_count" + LABELS))
                .isEqualTo(2);
        assertThat(ended.sample("millrace_inter_token_latency_seconds_sum" + LABELS))
                .isCloseTo(80e-6, within(1e-15));
        assertThat(ended.sample("vllm:inter_token_latency_seconds_count" + VLLM)).isEqualTo(2);
    }

    @Test
    void shouldNotTakeTheTokensOfAContextsNextRequestForTheSameStream() throws Exception {
        for (int i = 0; i < 20; i++) {
            RequestContext context = ended.completion();
            context.stream = true;
            ended.end(context, FinishReason.STOP, 3);
        }
        assertThat(ended.sample("millrace_inter_token_latency_seconds_count" + LABELS)).isZero();
    }

    @Test
    void shouldReturnTheContextOnTheLastReplyOnly() throws Exception {
        RequestContext context = ended.completion();
        assertThat(ended.replies.rings.inFlight().count()).isEqualTo(1);
        ended.replies.tokens(context, 0, FinishReason.NONE, false, 1);
        assertThat(ended.replies.rings.inFlight().count()).isEqualTo(1);
        ended.end(context, FinishReason.STOP, 2);
        assertThat(ended.replies.rings.inFlight().count()).isZero();
    }

    @Test
    void shouldReturnTheContextAlsoWhereSomethingThrows() {
        RequestContext context = ended.completion();
        context.stream = true;
        ended.clockFails = true;
        assertThatThrownBy(() -> ended.end(context, FinishReason.STOP, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no time");
        assertThat(ended.replies.rings.inFlight().count()).isZero();
    }

    @Test
    void shouldNotReturnAContextTwice() throws Exception {
        RequestContext context = ended.completion();
        ended.end(context, FinishReason.STOP, 1);
        assertThatThrownBy(() -> ended.end(context, FinishReason.STOP, 1))
                .isInstanceOf(IllegalStateException.class);
        assertThat(ended.replies.rings.inFlight().count()).isZero();
        for (int i = 0; i < ended.replies.rings.inFlight().capacity(); i++) {
            assertThat(ended.replies.rings.inFlight().claim()).isNotNull();
        }
        assertThat(ended.replies.rings.inFlight().claim()).isNull();
    }

    @Test
    void shouldGiveBackThePermitsThatWereNotUsed() throws Exception {
        RequestContext context = ended.completion();
        context.callerId = 77;
        context.chargedTokens = 100;
        ended.end(context, FinishReason.STOP, 1, 2, 3);
        assertThat(Settled.of(ended.settlements)).containsExactly("77:92");
    }

    @Test
    void shouldGiveBackAllPermitsOfARequestThatNoLaneTook() throws Exception {
        RequestContext context = ended.completion();
        context.stamps.done(Stage.QUEUE, 0);
        context.callerId = 78;
        context.chargedTokens = 100;
        ended.replies.failure(context, RequestStatus.JOURNAL_FAILED, "disk full", null);
        assertThat(Settled.of(ended.settlements)).containsExactly("78:100");
    }

    private double requests(String status) {
        return ended.sample(
                "millrace_requests_total{model=\"tiny\",route=\"/v1/completions\",status=\""
                        + status
                        + "\"}");
    }

    private double success(String reason) {
        return ended.sample(
                "vllm:request_success_total{engine=\"0\",finished_reason=\""
                        + reason
                        + "\",model_name=\"tiny\"}");
    }
}

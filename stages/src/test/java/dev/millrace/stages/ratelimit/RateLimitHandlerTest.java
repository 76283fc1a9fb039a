package dev.millrace.stages.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.RateLimitConfig;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class RateLimitHandlerTest {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final Settlements settlements = new Settlements(16);
    private final RequestContext context = new RequestContext(0);
    private final RequestSlot slot =
            new RequestSlot(
                    new UnsafeBuffer(new byte[8]),
                    new UnsafeBuffer(new byte[8]),
                    new UnsafeBuffer(new byte[8]));

    private RateLimitHandler handler(int requests, long tokens, int callers) {
        return new RateLimitHandler(new RateLimitConfig(requests, tokens, callers), settlements);
    }

    private RequestStatus request(
            RateLimitHandler handler, long caller, double seconds, int prompt, int maxTokens) {
        return request(handler, ModelKind.GENERATE, caller, seconds, prompt, maxTokens, 1);
    }

    private RequestStatus request(
            RateLimitHandler handler,
            ModelKind kind,
            long caller,
            double seconds,
            int prompt,
            int maxTokens,
            int runs) {
        context.reset(1, Route.OPENAI_COMPLETIONS);
        context.callerId = caller;
        context.stamps.begin((long) (seconds * SECOND_NANOS));
        slot.reset(RequestSlot.Kind.REQUEST, context);
        context.model =
                new ModelEntry(
                        "m",
                        "1",
                        kind,
                        0,
                        "test",
                        List.of(),
                        List.of(),
                        100,
                        100,
                        new ModelEntry.BatchLimits(true, 1, 0, List.of()),
                        0,
                        "");
        context.promptTokens = prompt;
        context.runs = runs;
        slot.sampling.maxTokens = maxTokens;
        handler.onEvent(slot, 0, true);
        return context.status;
    }

    @Test
    void shouldDoNothingWithoutLimits() {
        RateLimitHandler handler = handler(0, 0, 4);
        for (int i = 0; i < 1000; i++) {
            assertThat(request(handler, 1, 0, 1000, 1000)).isEqualTo(RequestStatus.OK);
        }
        assertThat(context.limitRequests).isEqualTo(-1);
        assertThat(context.remainingTokens).isEqualTo(-1);
        assertThat(context.chargedTokens).isZero();
    }

    @Test
    void shouldChargeEveryGenerationThatBestOfMakes() {
        RateLimitHandler handler = handler(0, 1000, 4);
        request(handler, ModelKind.GENERATE, 1, 0, 7, 10, 4);
        assertThat(context.chargedTokens).isEqualTo(7 + 4 * 10);

        // Two prompts, two choices each, the best of five.
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.sampling.n = 2;
        slot.sampling.bestOf = 5;
        slot.sampling.maxTokens = 10;
        handler.onEvent(slot, 1, true);
        assertThat(context.chargedTokens).isEqualTo(7 + 2 * 5 * 10);
    }

    @Test
    void shouldLimitRequestsPerCaller() {
        RateLimitHandler handler = handler(2, 0, 4);
        assertThat(request(handler, 1, 0, 9, 9)).isEqualTo(RequestStatus.OK);
        assertThat(context.limitRequests).isEqualTo(2);
        assertThat(context.remainingRequests).isEqualTo(1);
        assertThat(context.limitTokens).isEqualTo(-1);
        assertThat(request(handler, 1, 0, 9, 9)).isEqualTo(RequestStatus.OK);

        assertThat(request(handler, 1, 0, 9, 9)).isEqualTo(RequestStatus.RATE_LIMITED);
        assertThat(context.errorMessage).contains("2 requests per minute");
        assertThat(context.retryAfterMillis).isEqualTo(30_000);
        assertThat(context.remainingRequests).isZero();
        assertThat(request(handler, 2, 0, 9, 9)).isEqualTo(RequestStatus.OK);
        assertThat(request(handler, 1, 29.9, 9, 9)).isEqualTo(RequestStatus.RATE_LIMITED);
        assertThat(request(handler, 1, 30, 9, 9)).isEqualTo(RequestStatus.OK);
    }

    @Test
    void shouldChargePromptAndEveryRunsAnswerInAdvance() {
        RateLimitHandler handler = handler(0, 100, 4);
        assertThat(request(handler, ModelKind.GENERATE, 1, 0, 10, 20, 3))
                .isEqualTo(RequestStatus.OK);
        assertThat(context.chargedTokens).isEqualTo(70);
        assertThat(context.remainingTokens).isEqualTo(30);

        assertThat(request(handler, 1, 0, 10, 21)).isEqualTo(RequestStatus.RATE_LIMITED);
        assertThat(context.errorMessage).contains("100 tokens per minute", "31", "30 are left");
        assertThat(context.retryAfterMillis).isEqualTo(600);
        assertThat(context.chargedTokens).isZero();
        assertThat(request(handler, ModelKind.EMBED, 1, 0, 30, 500, 1)).isEqualTo(RequestStatus.OK);
        assertThat(context.chargedTokens).isEqualTo(30);
        assertThat(request(handler, ModelKind.TENSOR, 1, 0, 0, 16, 1)).isEqualTo(RequestStatus.OK);
    }

    @Test
    void shouldSayThatARequestCanNeverFit() {
        RateLimitHandler handler = handler(5, 100, 4);
        assertThat(request(handler, 1, 0, 50, Integer.MAX_VALUE))
                .isEqualTo(RequestStatus.RATE_LIMITED);

        assertThat(context.errorMessage).contains("never", "2147483697", "100 tokens per minute");
        assertThat(context.retryAfterMillis).isBetween(1, 60_000);
        // A refused request is charged nothing.
        assertThat(context.remainingRequests).isEqualTo(5);
        assertThat(context.remainingTokens).isEqualTo(100);
    }

    @Test
    void shouldGiveBackWhatWasNotUsed() {
        RateLimitHandler handler = handler(0, 100, 4);
        request(handler, 1, 0, 10, 90);
        assertThat(request(handler, 1, 0, 1, 1)).isEqualTo(RequestStatus.RATE_LIMITED);

        settlements.offer(1, 40);
        settlements.offer(99, 40);
        assertThat(request(handler, 1, 0, 20, 20)).isEqualTo(RequestStatus.OK);
        assertThat(context.remainingTokens).isZero();
    }

    @Test
    void shouldForgetTheCallerIdleLongest() {
        RateLimitHandler handler = handler(1, 0, 2);
        request(handler, 1, 0, 1, 1);
        request(handler, 2, 0, 1, 1);
        assertThat(request(handler, 1, 0, 1, 1)).isEqualTo(RequestStatus.RATE_LIMITED);
        request(handler, 3, 0, 1, 1);

        // 2 was idle longest and begins anew; then 1.
        assertThat(request(handler, 2, 0, 1, 1)).isEqualTo(RequestStatus.OK);
        assertThat(request(handler, 3, 0, 1, 1)).isEqualTo(RequestStatus.RATE_LIMITED);
        assertThat(request(handler, 1, 0, 1, 1)).isEqualTo(RequestStatus.OK);
    }

    @Test
    void shouldStayBoundedUnderManyCallers() {
        CallerPermits callers = new CallerPermits(100, 1, 1);
        for (long i = 0; i < 100_000; i++) {
            callers.use(i * 0x9E3779B97F4A7C15L, i);
            assertThat(callers.size()).isLessThanOrEqualTo(100);
        }
    }

    @Test
    void shouldLeaveRefusedRequestsAlone() {
        RateLimitHandler handler = handler(1, 0, 2);
        context.reset(1, Route.OPENAI_CHAT);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        context.refuse(RequestStatus.INVALID, "first", null);
        handler.onEvent(slot, 0, true);

        assertThat(context.errorMessage).isEqualTo("first");
        assertThat(context.limitRequests).isEqualTo(-1);
    }
}

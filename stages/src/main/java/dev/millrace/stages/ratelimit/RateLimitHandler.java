package dev.millrace.stages.ratelimit;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.RateLimitConfig;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;

/**
 * Charges the caller one request, and in advance every token the request may cost: its prompts and
 * {@code max_tokens} for each generation. Runs on: the {@code rate-limit} thread.
 *
 * <p>Time is the slot's arrival, never a clock. A refused request is charged nothing. Telemetry
 * settles the difference between charge and real cost through {@link Settlements}.
 */
public final class RateLimitHandler implements EventHandler<RequestSlot> {
    private final long requestsPerMinute;
    private final long tokensPerMinute;
    private final CallerPermits callers;
    private final Settlements settlements;
    private final Settlements.Sink settle;

    public RateLimitHandler(RateLimitConfig config, Settlements settlements) {
        requestsPerMinute = config.requestsPerMinute();
        tokensPerMinute = config.tokensPerMinute();
        callers = new CallerPermits(config.callers(), requestsPerMinute, tokensPerMinute);
        this.settlements = settlements;
        settle = callers::giveBack;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        settlements.drain(settle);
        slot.settled = settlements.drained();
        if (!slot.admitted() || (requestsPerMinute == 0 && tokensPerMinute == 0)) {
            return;
        }
        RequestContext context = slot.context();
        CallerPermits.Caller caller = callers.use(context.callerId, context.stamps.arrivalNanos());
        long tokens = tokensPerMinute == 0 ? 0 : mostTokens(slot, context);
        if (!refused(context, caller, tokens)) {
            if (requestsPerMinute > 0) {
                caller.requests.take(1);
            }
            caller.tokens.take(tokens);
            context.chargedTokens = tokens;
        }
        report(context, caller);
    }

    /** Most tokens the request can cost. */
    private static long mostTokens(RequestSlot slot, RequestContext context) {
        ModelEntry model = context.model;
        boolean generates = model != null && model.kind() == ModelKind.GENERATE;
        if (!generates) {
            return context.promptTokens;
        }
        int prompts = context.runs / slot.sampling.n;
        return context.promptTokens
                + (long) prompts * slot.sampling.bestOf * slot.sampling.maxTokens;
    }

    private boolean refused(RequestContext context, CallerPermits.Caller caller, long tokens) {
        if (tokens > tokensPerMinute && tokensPerMinute > 0) {
            refuse(
                    context,
                    PermitBucket.MAX_WAIT_MILLIS,
                    "the request may cost "
                            + tokens
                            + " tokens (prompt, and max_tokens of each choice), which can never"
                            + " fit the limit of "
                            + tokensPerMinute
                            + " tokens per minute; send less or lower max_tokens");
            return true;
        }
        if (requestsPerMinute > 0 && caller.requests.available() < 1) {
            refuse(
                    context,
                    caller.requests.waitMillis(1),
                    "the limit of " + requestsPerMinute + " requests per minute is reached");
            return true;
        }
        if (tokens > caller.tokens.available()) {
            refuse(
                    context,
                    caller.tokens.waitMillis(tokens),
                    "the limit of "
                            + tokensPerMinute
                            + " tokens per minute is reached: the request may cost "
                            + tokens
                            + ", "
                            + caller.tokens.available()
                            + " are left");
            return true;
        }
        return false;
    }

    private static void refuse(RequestContext context, int waitMillis, String message) {
        context.retryAfterMillis = waitMillis;
        context.refuse(RequestStatus.RATE_LIMITED, message, null);
    }

    private void report(RequestContext context, CallerPermits.Caller caller) {
        if (requestsPerMinute > 0) {
            context.limitRequests = requestsPerMinute;
            context.remainingRequests = caller.requests.available();
        }
        if (tokensPerMinute > 0) {
            context.limitTokens = tokensPerMinute;
            context.remainingTokens = caller.tokens.available();
        }
    }
}

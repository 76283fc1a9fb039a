package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import org.jspecify.annotations.Nullable;

/**
 * Status and headers of one answer, kept until its first bytes are written: the context they come
 * from may serve another request by then. Filled by whoever answers, then applied by the I/O
 * thread.
 */
final class AnswerHead {
    /** Official clients ignore a longer advice. */
    private static final int MAX_RETRY_AFTER_MILLIS = 60_000;

    private static final HttpString RETRY_AFTER_MS = HttpString.tryFromString("retry-after-ms");
    private static final HttpString LIMIT_REQUESTS =
            HttpString.tryFromString("x-ratelimit-limit-requests");
    private static final HttpString LIMIT_TOKENS =
            HttpString.tryFromString("x-ratelimit-limit-tokens");
    private static final HttpString REMAINING_REQUESTS =
            HttpString.tryFromString("x-ratelimit-remaining-requests");
    private static final HttpString REMAINING_TOKENS =
            HttpString.tryFromString("x-ratelimit-remaining-tokens");
    private static final HttpString REPLAYED = HttpString.tryFromString("idempotent-replayed");
    private static final HttpString ACCEL_BUFFERING = HttpString.tryFromString("x-accel-buffering");

    int status = 200;
    String contentType = ReplySink.ContentType.JSON.value();

    /** -1 for a stream. */
    int contentLength = -1;

    int inferenceHeaderLength = -1;
    String clientRequestId = "";
    int retryAfterMillis;

    /** The answer was on record. */
    boolean replayed;

    long limitRequests = -1;
    long remainingRequests = -1;
    long limitTokens = -1;
    long remainingTokens = -1;
    @Nullable String allow;

    /** Whether the client asked what each stage took. */
    boolean timed;

    private @Nullable AnswerTimings timings;

    /** Captures what the context says. Called by the reply thread. */
    void capture(RequestContext context, int status, ReplySink.ContentType type, int length) {
        this.status = status;
        contentType = type.value();
        contentLength = length;
        clientRequestId = context.clientRequestId;
        retryAfterMillis = context.status.retryable() ? context.retryAfterMillis : 0;
        replayed = context.replayed;
        limitRequests = context.limitRequests;
        remainingRequests = context.remainingRequests;
        limitTokens = context.limitTokens;
        remainingTokens = context.remainingTokens;
        timings = timed ? new AnswerTimings(context.stamps) : null;
    }

    void applyTo(HttpServerExchange exchange) {
        exchange.setStatusCode(status);
        HeaderMap headers = exchange.getResponseHeaders();
        headers.put(Headers.CONTENT_TYPE, contentType);
        if (exchange.isPersistent() && exchange.isHttp10()) {
            // Later versions keep a connection unless told otherwise.
            headers.put(Headers.CONNECTION, "keep-alive");
        }
        if (contentLength >= 0) {
            headers.put(Headers.CONTENT_LENGTH, contentLength);
        } else {
            headers.put(Headers.CACHE_CONTROL, "no-cache");
            headers.put(ACCEL_BUFFERING, "no");
        }
        if (!clientRequestId.isEmpty()) {
            headers.put(RequestHead.REQUEST_ID, clientRequestId);
        }
        if (retryAfterMillis > 0) {
            int millis = Math.min(retryAfterMillis, MAX_RETRY_AFTER_MILLIS);
            headers.put(Headers.RETRY_AFTER, (millis + 999) / 1000);
            headers.put(RETRY_AFTER_MS, millis);
        }
        if (replayed) {
            headers.put(REPLAYED, "true");
        }
        if (allow != null) {
            headers.put(Headers.ALLOW, allow);
        }
        if (timings != null) {
            timings.applyTo(headers);
        }
        putFrom(inferenceHeaderLength, RequestHead.INFERENCE_HEADER_LENGTH, headers);
        putFrom(limitRequests, LIMIT_REQUESTS, headers);
        putFrom(remainingRequests, REMAINING_REQUESTS, headers);
        putFrom(limitTokens, LIMIT_TOKENS, headers);
        putFrom(remainingTokens, REMAINING_TOKENS, headers);
    }

    /** Where it is known, that is 0 or more. */
    private static void putFrom(long value, HttpString name, HeaderMap headers) {
        if (value >= 0) {
            headers.put(name, value);
        }
    }
}

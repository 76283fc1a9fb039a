package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.RequestStatus;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;

/**
 * Headers that say how a body is to be read, and keys that must be kept as they are: what cannot be
 * right is refused before a byte of the body is taken. Stateless. Runs on: the exchange's I/O
 * thread.
 */
final class HeaderCheck {
    /** No length given: chunked, or HTTP/2 without a content-length. */
    static final long UNKNOWN_LENGTH = -1;

    private HeaderCheck() {}

    /** Whether the call goes on; else it is answered. */
    static boolean accepts(HttpExchangeCall call) {
        return plainBody(call)
                && inferenceHeaderLength(call)
                && plainKey(call, RequestHead.IDEMPOTENCY_KEY)
                && plainKey(call, RequestHead.LAST_EVENT_ID);
    }

    /** A compressed body would be recorded, and refused, as broken JSON. */
    private static boolean plainBody(HttpExchangeCall call) {
        String encoding = call.exchange.getRequestHeaders().getFirst(Headers.CONTENT_ENCODING);
        if (encoding == null || encoding.isBlank() || encoding.equalsIgnoreCase("identity")) {
            return true;
        }
        return refuse(
                call,
                RequestStatus.UNSUPPORTED_ENCODING,
                "header Content-Encoding is '" + encoding + "'; expected identity, or no header",
                "Content-Encoding");
    }

    private static boolean inferenceHeaderLength(HttpExchangeCall call) {
        String value =
                call.exchange.getRequestHeaders().getFirst(RequestHead.INFERENCE_HEADER_LENGTH);
        if (value == null) {
            return true;
        }
        try {
            call.inferenceHeaderLength = Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            call.inferenceHeaderLength = -1;
        }
        return call.inferenceHeaderLength >= 0
                || refuse(
                        call,
                        RequestStatus.INVALID,
                        "header Inference-Header-Content-Length is '"
                                + value
                                + "'; expected the number of bytes of JSON at the start of the"
                                + " body",
                        "Inference-Header-Content-Length");
    }

    /** A key that could not be kept as it is would make one of two different requests. */
    private static boolean plainKey(HttpExchangeCall call, HttpString name) {
        HeaderValues values = call.exchange.getRequestHeaders().get(name);
        if (values == null
                || (values.size() == 1
                        && ClientText.visible(values.getFirst(), RequestHead.MAX_KEY_CHARS))) {
            return true;
        }
        String title =
                name.equals(RequestHead.IDEMPOTENCY_KEY) ? "Idempotency-Key" : "Last-Event-ID";
        return refuse(
                call,
                RequestStatus.INVALID,
                "header "
                        + title
                        + ": expected one value of 1 to "
                        + RequestHead.MAX_KEY_CHARS
                        + " visible ASCII characters, got "
                        + (values.size() == 1
                                ? "one of " + values.getFirst().length() + " characters"
                                : values.size() + " values"),
                title);
    }

    /** Answers; the call does not go on. */
    private static boolean refuse(
            HttpExchangeCall call, RequestStatus status, String message, String header) {
        call.door.counters().increment(Counter.REFUSED_AT_DOOR);
        call.refuse(call.route.dialect(), status, message, header);
        return false;
    }

    /** Bytes of body, {@link #UNKNOWN_LENGTH}, or more than there can be. */
    static long contentLength(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        String value = headers.getFirst(Headers.CONTENT_LENGTH);
        if (value == null || headers.contains(Headers.TRANSFER_ENCODING)) {
            return UNKNOWN_LENGTH;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException digitsBeyondLong) {
            return Long.MAX_VALUE;
        }
    }
}

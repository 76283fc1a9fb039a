package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.PayloadBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes request line and kept headers into a slot: lines ended by CRLF, ISO-8859-1. A line that
 * does not fit is left out whole. Keys and cookies are never kept. Stateless.
 */
final class RequestHead {
    static final HttpString REQUEST_ID = HttpString.tryFromString("x-request-id");
    static final HttpString TRACEPARENT = HttpString.tryFromString("traceparent");
    static final HttpString INFERENCE_HEADER_LENGTH =
            HttpString.tryFromString("inference-header-content-length");

    static final HttpString IDEMPOTENCY_KEY = HttpString.tryFromString("idempotency-key");
    static final HttpString LAST_EVENT_ID = HttpString.tryFromString("last-event-id");

    /** Longest value of the two, whose lines therefore always fit. */
    static final int MAX_KEY_CHARS = 255;

    /** Room for both lines, kept free by the request line's query. */
    private static final int KEY_BYTES = 2 * (MAX_KEY_CHARS + 20);

    private static final List<HttpString> KEPT =
            List.of(
                    IDEMPOTENCY_KEY,
                    LAST_EVENT_ID,
                    HttpString.tryFromString("content-type"),
                    HttpString.tryFromString("content-length"),
                    REQUEST_ID,
                    TRACEPARENT,
                    INFERENCE_HEADER_LENGTH,
                    HttpString.tryFromString("x-request-deadline-ms"),
                    HttpString.tryFromString("accept"),
                    HttpString.tryFromString("tracestate"),
                    HttpString.tryFromString("user-agent"));

    private RequestHead() {}

    static void write(HttpServerExchange exchange, PayloadBuffer head) {
        UnsafeBuffer into = head.buffer();
        String query = exchange.getQueryString();
        HeaderMap headers = exchange.getRequestHeaders();
        int room = into.capacity() - (named(headers) ? KEY_BYTES : 0);
        int at = requestLine(exchange, query.isEmpty() ? "" : "?" + query, into, room);
        if (at == 0) {
            at = requestLine(exchange, "", into, room);
        }
        for (int i = 0; i < KEPT.size(); i++) {
            HttpString name = KEPT.get(i);
            HeaderValues values = headers.get(name);
            if (values != null) {
                for (int v = 0; v < values.size(); v++) {
                    at =
                            line(
                                    name.toString(),
                                    ": ",
                                    values.get(v),
                                    "",
                                    "",
                                    into,
                                    at,
                                    into.capacity());
                }
            }
        }
        head.length(at);
    }

    private static boolean named(HeaderMap headers) {
        return headers.contains(IDEMPOTENCY_KEY) || headers.contains(LAST_EVENT_ID);
    }

    private static int requestLine(
            HttpServerExchange exchange, String query, UnsafeBuffer into, int room) {
        return line(
                exchange.getRequestMethod().toString(),
                " ",
                exchange.getRequestPath() + query,
                " ",
                exchange.getProtocol().toString(),
                into,
                0,
                room);
    }

    private static int line(
            String a,
            String b,
            String c,
            String d,
            String e,
            UnsafeBuffer into,
            int offset,
            int room) {
        int bytes = a.length() + b.length() + c.length() + d.length() + e.length() + 2;
        if (bytes > room - offset) {
            return offset;
        }
        int at = text(a, into, offset);
        at = text(b, into, at);
        at = text(c, into, at);
        at = text(d, into, at);
        at = text(e, into, at);
        into.putByte(at++, (byte) '\r');
        into.putByte(at++, (byte) '\n');
        return at;
    }

    private static int text(String text, UnsafeBuffer into, int offset) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // A control character would break the line it stands in.
            into.putByte(offset + i, (byte) (c < ' ' || c > 0xFF ? '?' : c));
        }
        return offset + text.length();
    }
}

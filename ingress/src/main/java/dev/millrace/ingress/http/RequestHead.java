package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.Rings;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;

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

    private static final List<Kept> KEPT =
            Stream.of(
                            "idempotency-key",
                            "last-event-id",
                            "content-type",
                            "content-length",
                            "x-request-id",
                            "traceparent",
                            "inference-header-content-length",
                            "x-request-deadline-ms",
                            "accept",
                            "tracestate",
                            "user-agent")
                    .map(Kept::new)
                    .toList();

    /** A header and how its lines begin. */
    private record Kept(HttpString name, String line) {
        Kept(String name) {
            this(HttpString.tryFromString(name), name + ": ");
        }
    }

    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** A blank in each byte: the least character that is no control character. */
    private static final long BLANKS = 0x2020_2020_2020_2020L;

    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private RequestHead() {}

    /**
     * @param scratch of {@link Rings#HEAD_BYTES}: an array is filled faster than memory outside of
     *     the heap
     */
    static void write(HttpServerExchange exchange, byte[] scratch, PayloadBuffer head) {
        HeaderMap headers = exchange.getRequestHeaders();
        int room = scratch.length - (named(headers) ? KEY_BYTES : 0);
        int at = requestLine(exchange, exchange.getQueryString(), scratch, room);
        if (at == 0) {
            at = requestLine(exchange, "", scratch, room);
        }
        for (int i = 0; i < KEPT.size(); i++) {
            Kept kept = KEPT.get(i);
            HeaderValues values = headers.get(kept.name());
            if (values != null) {
                for (int v = 0; v < values.size(); v++) {
                    at = line(kept.line(), values.get(v), scratch, at);
                }
            }
        }
        head.buffer().putBytes(0, scratch, 0, at);
        head.length(at);
    }

    private static boolean named(HeaderMap headers) {
        return headers.contains(IDEMPOTENCY_KEY) || headers.contains(LAST_EVENT_ID);
    }

    /** Returns 0 where it does not fit. */
    private static int requestLine(
            HttpServerExchange exchange, String query, byte[] into, int room) {
        String method = exchange.getRequestMethod().toString();
        String path = exchange.getRequestPath();
        String protocol = exchange.getProtocol().toString();
        int asked = query.isEmpty() ? 0 : 1 + query.length();
        if (method.length() + 1 + path.length() + asked + 1 + protocol.length() + 2 > room) {
            return 0;
        }
        int at = text(method, into, 0);
        into[at++] = ' ';
        at = text(path, into, at);
        if (!query.isEmpty()) {
            into[at++] = '?';
            at = text(query, into, at);
        }
        into[at++] = ' ';
        return lineEnd(into, text(protocol, into, at));
    }

    /** Returns {@code offset} where it does not fit. */
    private static int line(String begin, String value, byte[] into, int offset) {
        if (begin.length() + value.length() + 2 > into.length - offset) {
            return offset;
        }
        return lineEnd(into, text(value, into, text(begin, into, offset)));
    }

    private static int lineEnd(byte[] into, int at) {
        into[at] = '\r';
        into[at + 1] = '\n';
        return at + 2;
    }

    // Undertow makes its strings of single bytes. The deprecated way to copy one is the one that
    // neither looks at each character nor allocates.
    @SuppressWarnings("deprecation")
    private static int text(String text, byte[] into, int offset) {
        int end = offset + text.length();
        text.getBytes(0, text.length(), into, offset);
        int at = offset;
        while (at + Long.BYTES <= end && !control((long) WORD.get(into, at))) {
            at += Long.BYTES;
        }
        for (; at < end; at++) {
            // It would break the line it stands in.
            if (into[at] >= 0 && into[at] < ' ') {
                into[at] = '?';
            }
        }
        return end;
    }

    /** Whether one of eight bytes is a control character. */
    private static boolean control(long word) {
        return (word - BLANKS & ~word & HIGH_BITS) != 0;
    }
}

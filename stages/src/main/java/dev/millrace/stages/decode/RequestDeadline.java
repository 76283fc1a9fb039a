package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.RequestContext;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * The header {@code x-request-deadline-ms}: milliseconds from arrival within which the answer is
 * worth having. Of several, the first counts. Stateless.
 */
final class RequestDeadline {
    private static final String HEADER = "x-request-deadline-ms";
    private static final byte[] LINE = (HEADER + ": ").getBytes(StandardCharsets.ISO_8859_1);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private RequestDeadline() {}

    /**
     * Writes the request's deadline into its context, where the kept headers name one.
     *
     * @throws BadRequest where it is no number of milliseconds
     */
    static void read(PayloadBuffer head, RequestContext context) {
        DirectBuffer bytes = head.buffer();
        int end = head.length();
        for (int at = 0; at < end; at = lineEnd(bytes, at, end) + 2) {
            if (begins(bytes, at, end)) {
                int value = at + LINE.length;
                long millis = millis(bytes, value, lineEnd(bytes, value, end));
                context.deadlineNanos = context.stamps.arrivalNanos() + millis * NANOS_PER_MILLI;
                return;
            }
        }
    }

    private static boolean begins(DirectBuffer bytes, int at, int end) {
        if (end - at < LINE.length) {
            return false;
        }
        for (int i = 0; i < LINE.length; i++) {
            if (bytes.getByte(at + i) != LINE[i]) {
                return false;
            }
        }
        return true;
    }

    /** Where the CRLF of the line lies; the end of the head where there is none. */
    private static int lineEnd(DirectBuffer bytes, int from, int end) {
        int at = from;
        while (at < end && bytes.getByte(at) != '\r') {
            at++;
        }
        return at;
    }

    private static long millis(DirectBuffer bytes, int from, int end) {
        long value = 0;
        for (int at = from; at < end; at++) {
            int digit = bytes.getByte(at) - '0';
            if (digit < 0 || digit > 9 || value > Integer.MAX_VALUE) {
                throw refused(bytes, from, end);
            }
            value = 10 * value + digit;
        }
        if (value < 1 || value > Integer.MAX_VALUE) {
            throw refused(bytes, from, end);
        }
        return value;
    }

    private static BadRequest refused(DirectBuffer bytes, int from, int end) {
        byte[] value = new byte[end - from];
        bytes.getBytes(from, value);
        return BadRequest.invalid(
                HEADER
                        + ": expected milliseconds, an integer from 1 to "
                        + Integer.MAX_VALUE
                        + ", got \""
                        + JsonReader.clipped(new String(value, StandardCharsets.ISO_8859_1))
                        + '"',
                HEADER);
    }
}

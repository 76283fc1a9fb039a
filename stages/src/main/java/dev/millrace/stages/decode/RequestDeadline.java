package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.HeadLines;
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
    private static final byte[] LINE = HeadLines.name(HEADER);
    private static final long NANOS_PER_MILLI = 1_000_000;

    private RequestDeadline() {}

    /**
     * Writes the request's deadline into its context, where the kept headers name one.
     *
     * @throws BadRequest where it is no number of milliseconds
     */
    static void read(PayloadBuffer head, RequestContext context) {
        DirectBuffer bytes = head.buffer();
        int from = HeadLines.value(bytes, head.length(), LINE);
        if (from != HeadLines.NONE) {
            long millis = millis(bytes, from, HeadLines.end(bytes, head.length(), from));
            context.deadlineNanos = context.stamps.arrivalNanos() + millis * NANOS_PER_MILLI;
        }
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

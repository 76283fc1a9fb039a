package dev.millrace.ingress.aeron.client;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Finds the data of server-sent events (WHATWG HTML 9.2) as Millrace writes them: one line of data
 * each, a blank line behind it. Stateless.
 */
final class EventLines {
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ERROR = "{\"error\":".getBytes(StandardCharsets.US_ASCII);

    private EventLines() {}

    /** Takes what one line of data holds. */
    interface Sink {
        void data(DirectBuffer from, int offset, int length);
    }

    /** Calls {@code sink} for each line of data but the last one of a stream, which says DONE. */
    static void forEach(DirectBuffer from, int offset, int length, Sink sink) {
        int end = offset + length;
        int at = offset;
        while (at < end) {
            int line = at;
            while (at < end && from.getByte(at) != '\n') {
                at++;
            }
            int data = line + DATA.length;
            if (begins(from, line, at, DATA) && !begins(from, data, at, DONE)) {
                sink.data(from, data, at - data);
            }
            at++;
        }
    }

    /** Whether that data says that the stream failed. */
    static boolean error(DirectBuffer from, int offset, int length) {
        return begins(from, offset, offset + length, ERROR);
    }

    private static boolean begins(DirectBuffer from, int at, int end, byte[] prefix) {
        if (end - at < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (from.getByte(at + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}

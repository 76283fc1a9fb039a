package dev.millrace.tools.load;

import dev.millrace.ringbuffer.Route;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A request that is to be sent.
 *
 * @param route how its answer is read
 * @param offsetNanos when, from the beginning of the schedule
 * @param path with query, as it stands in the request line
 * @param headers beside those that the client makes itself
 * @param body on the heap; not written to
 * @param cancelNanos how long after it was sent the client goes away; -1 for never
 */
public record Outgoing(
        Route route,
        long offsetNanos,
        String path,
        List<Header> headers,
        ByteBuffer body,
        long cancelNanos) {
    /** One header line. */
    public record Header(String name, String value) {}

    public Outgoing {
        headers = List.copyOf(headers);
    }
}

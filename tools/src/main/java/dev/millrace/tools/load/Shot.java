package dev.millrace.tools.load;

import java.nio.ByteBuffer;

/**
 * A request for a {@link WireClient}.
 *
 * @param request head and body as they go over the wire; not written to, and may be shared
 * @param offsetNanos when it is due, from the beginning of the schedule
 */
public record Shot(ByteBuffer request, long offsetNanos) {}

package dev.millrace.tools.replay;

import dev.millrace.ringbuffer.Route;
import dev.millrace.tools.load.CompletionBody;
import dev.millrace.tools.load.Outgoing;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A line of a trace that is to be sent.
 *
 * @param number of the line, by time
 * @param offsetNanos from the first line
 */
record TraceRequest(TraceLine line, long number, long offsetNanos) {
    private static final List<Outgoing.Header> HEADERS =
            List.of(new Outgoing.Header("content-type", "application/json"));

    /** A streamed completion of that many tokens; made when it is due, since prompts are long. */
    Outgoing outgoing(String model, TracePrompts prompts) {
        byte[] body =
                CompletionBody.bytes(
                        CompletionBody.withUsage(
                                CompletionBody.greedy(
                                        model, prompts.of(line, number), line.outputLength())));
        return new Outgoing(
                Route.OPENAI_COMPLETIONS,
                offsetNanos,
                Route.OPENAI_COMPLETIONS.path(),
                HEADERS,
                ByteBuffer.wrap(body),
                -1);
    }
}

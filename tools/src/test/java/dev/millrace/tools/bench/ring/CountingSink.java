package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.DirectBuffer;

/** Counts what a client would get. */
final class CountingSink implements ReplySink {
    final AtomicInteger events = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    volatile String failure = "";

    @Override
    public void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length) {
        if (status != 200) {
            failure = status + ": " + context.errorMessage;
        }
        ended.incrementAndGet();
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {}

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {
        events.incrementAndGet();
    }

    @Override
    public void endStream(RequestContext context) {
        ended.incrementAndGet();
    }

    @Override
    public void abort(RequestContext context) {
        failure = "aborted";
        ended.incrementAndGet();
    }

    @Override
    public void flush() {}
}

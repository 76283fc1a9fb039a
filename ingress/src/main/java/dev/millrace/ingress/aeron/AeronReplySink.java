package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.ReplyFrame;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestStatus;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Replies into the publications of Aeron's clients. Runs on: the reply thread, which puts them
 * there itself: the client reads them out of the same memory, or the driver sends them.
 */
final class AeronReplySink implements ReplySink {
    private static final int OK = 200;
    private static final UnsafeBuffer NOTHING = new UnsafeBuffer(0, 0);

    private final RequestPublisher publisher;
    private final Counters counters;
    private final int streamBufferBytes;
    private final long bytesOfAll;
    private final Runnable wake;
    private final OneToOneConcurrentArrayQueue<AeronCall> ended;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[ReplyFrame.HEADER_BYTES]);
    private boolean toWake;

    /**
     * @param inFlight most requests at once
     * @param streamBufferBytes what may wait for one slow client
     * @param bytesOfAll what may wait for all of them
     * @param wake tells the door's thread that there is something to send
     */
    AeronReplySink(
            RequestPublisher publisher,
            Counters counters,
            int inFlight,
            int streamBufferBytes,
            long bytesOfAll,
            Runnable wake) {
        this.publisher = publisher;
        this.counters = counters;
        this.streamBufferBytes = streamBufferBytes;
        this.bytesOfAll = bytesOfAll;
        this.wake = wake;
        ended = new OneToOneConcurrentArrayQueue<>(inFlight + 1);
    }

    /** The next call whose last frame was sent, or null. Runs on: the door's thread. */
    @Nullable AeronCall ended() {
        return ended.poll();
    }

    @Override
    public void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length) {
        AeronCall call = call(context);
        if (call == null) {
            return;
        }
        if (full(call.session, 0)) {
            drop(call, context);
        } else if (!call.dropped) {
            ReplyFrame.write(
                    header,
                    Frame.ANSWER,
                    call.correlation,
                    status,
                    type,
                    inferenceHeaderLength,
                    context.retryAfterMillis,
                    length);
            last(call, bytes, offset, length);
        }
        end(call, context);
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {
        // The first events say the same.
    }

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {
        AeronCall call = call(context);
        if (call == null || call.dropped || length == 0) {
            return;
        }
        if (full(call.session, length)) {
            publisher.cancel(context, call.requestId);
            drop(call, context);
            return;
        }
        ReplyFrame.write(
                header,
                Frame.EVENTS,
                call.correlation,
                OK,
                ContentType.EVENT_STREAM,
                -1,
                0,
                ReplyFrame.STREAM);
        send(call.session, bytes, offset, length, false);
    }

    @Override
    public void endStream(RequestContext context) {
        AeronCall call = call(context);
        if (call != null) {
            sayEnd(call, OK, NOTHING, 0);
            end(call, context);
        }
    }

    @Override
    public void abort(RequestContext context) {
        AeronCall call = call(context);
        if (call != null) {
            RequestStatus status =
                    call.cancelled ? RequestStatus.CANCELLED : RequestStatus.INTERNAL;
            sayEnd(call, status.httpStatus(), NOTHING, 0);
            end(call, context);
        }
    }

    @Override
    public void flush() {
        if (toWake) {
            toWake = false;
            wake.run();
        }
    }

    private static @Nullable AeronCall call(RequestContext context) {
        return context.exchange instanceof AeronCall call ? call : null;
    }

    private boolean full(AeronSession session, int more) {
        return session.backlog.bytes() + (long) more > streamBufferBytes
                || session.backlog.bytesOfAll() > bytesOfAll;
    }

    /** Says why there is no more, behind all that the client has not read yet. */
    private void drop(AeronCall call, RequestContext context) {
        if (call.dropped || call.session.lost()) {
            return;
        }
        counters.increment(Counter.SLOW_READERS_DROPPED);
        byte[] why =
                ErrorBodies.encode(
                        context.route.dialect(),
                        RequestStatus.CANCELLED,
                        "the client reads too slowly: "
                                + call.session.backlog.bytes()
                                + " bytes wait for it, at most "
                                + streamBufferBytes
                                + " may",
                        null);
        sayEnd(call, RequestStatus.CANCELLED.httpStatus(), new UnsafeBuffer(why), why.length);
        call.dropped = true;
    }

    private void sayEnd(AeronCall call, int status, DirectBuffer bytes, int length) {
        if (!call.dropped) {
            ReplyFrame.write(
                    header,
                    Frame.END,
                    call.correlation,
                    status,
                    length == 0 ? null : ContentType.JSON,
                    -1,
                    0,
                    length);
            last(call, bytes, 0, length);
        }
    }

    private void last(AeronCall call, DirectBuffer bytes, int offset, int length) {
        // Before the client can know, and use the correlation id again.
        call.ended = true;
        send(call.session, bytes, offset, length, true);
    }

    private void send(
            AeronSession session, DirectBuffer bytes, int offset, int length, boolean last) {
        session.send(header, bytes, offset, length, last);
        toWake |= session.udp || !session.backlog.isEmpty();
    }

    /** Nothing is sent for that call any more: the door may forget it. */
    private void end(AeronCall call, RequestContext context) {
        call.ended = true;
        context.exchange = null;
        ended.offer(call);
    }
}

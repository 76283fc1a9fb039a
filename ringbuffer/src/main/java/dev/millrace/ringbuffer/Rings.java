package dev.millrace.ringbuffer;

import com.lmax.disruptor.RingBuffer;
import dev.millrace.config.RingConfig;
import java.lang.foreign.Arena;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Both rings with their off-heap memory, the large buffers and the contexts: all that is allocated,
 * once, at start-up.
 *
 * <p>Made before the handlers, since handlers and doors publish into it; {@link Pipeline} puts
 * threads to it.
 */
public final class Rings implements AutoCloseable {
    /** Bytes kept of request line and headers. */
    public static final int HEAD_BYTES = 1024;

    final RingSignal requestSignal = new RingSignal();
    final RingSignal replySignal = new RingSignal();
    final RingBuffer<RequestSlot> requests;
    final RingBuffer<ReplySlot> replies;

    private final Arena arena = Arena.ofShared();
    private final Counters counters = new Counters();
    private final InFlight inFlight;
    private final LargeBuffers requestBuffers;
    private final LargeBuffers replyBuffers;
    private final RequestPublisher requestPublisher;
    private final ReplyPublisher replyPublisher;
    private volatile boolean abandoned;

    /**
     * @param firstRequestId ids count up from here; derived from the wall clock at start-up, so
     *     that a journal that several runs wrote has no id twice
     */
    public Rings(RingConfig config, long firstRequestId) {
        var requestMemory =
                new SlotMemory(
                        arena, config.slots(), HEAD_BYTES, config.slotBytes(), config.slotBytes());
        requests =
                RingBuffer.createMultiProducer(
                        () -> requestSlot(requestMemory.next()), config.slots(), requestSignal);
        var replyMemory = new SlotMemory(arena, config.replySlots(), config.replySlotBytes());
        replies =
                RingBuffer.createMultiProducer(
                        () -> new ReplySlot(replyMemory.next()[0]),
                        config.replySlots(),
                        replySignal);
        inFlight = new InFlight(config.inFlight());
        requestBuffers = new LargeBuffers(config.largeBuffers(), config.largeBufferBytes());
        replyBuffers = new LargeBuffers(config.largeBuffers(), config.largeBufferBytes());
        requestPublisher = new RequestPublisher(requests, counters, firstRequestId);
        replyPublisher = new ReplyPublisher(replies, replyBuffers, counters);
    }

    private static RequestSlot requestSlot(UnsafeBuffer[] parts) {
        return new RequestSlot(parts[0], parts[1], parts[2]);
    }

    public RequestPublisher requestPublisher() {
        return requestPublisher;
    }

    public ReplyPublisher replyPublisher() {
        return replyPublisher;
    }

    public InFlight inFlight() {
        return inFlight;
    }

    /** For bodies and what decode makes of them. */
    public LargeBuffers requestBuffers() {
        return requestBuffers;
    }

    /** For answers. */
    public LargeBuffers replyBuffers() {
        return replyBuffers;
    }

    public Counters counters() {
        return counters;
    }

    /** A thread would not end: what it may touch is left to the end of the process. */
    void abandon() {
        abandoned = true;
    }

    /** Frees the off-heap memory; only when no thread touches a slot any more. */
    @Override
    public void close() {
        if (abandoned) {
            return;
        }
        requestBuffers.close();
        replyBuffers.close();
        arena.close();
    }
}

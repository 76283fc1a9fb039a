package dev.millrace.ingress.admission;

import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.InFlight;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Stage;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * What every door does with a whole body: claims a context and a slot, has the door fill them,
 * stamps and publishes; or refuses, in the same words through each door.
 *
 * <p>A slot is claimed only when everything that goes into it is at hand, and then published
 * without a pause: a claimed slot that is not published stops the ring. Keeps nothing of a request:
 * any number of threads. Allocates nothing.
 *
 * @param <R> a request as its door knows it
 */
public final class Admission<R> {
    /** What is a door's own. Runs on: the thread that calls {@link #publish}. */
    public interface Door<R> {
        /** Resets the context, and says there what is known beside the body. */
        void fill(RequestContext context, R request);

        /** It has a slot: from here on it gets exactly one last reply. */
        void entering(R request, RequestContext context);

        /**
         * Puts the body and what decoders read beside it into the slot, which is reset.
         *
         * @param lease holds the body, or will; the slot takes it over. Null where it fits the slot
         */
        void fill(RequestSlot slot, R request, LargeBuffers.@Nullable Lease lease);

        /** Tells the client. */
        void refuse(R request, RequestStatus status, String message);
    }

    private final RequestPublisher publisher;
    private final InFlight inFlight;
    private final LargeBuffers large;
    private final Counters counters;
    private final Door<R> door;
    private final NanoClock clock;
    private final Logger log;
    private final int slotBytes;
    private final int maxBodyBytes;
    private final Refusal tooManyInFlight;
    private final Refusal noLargeBuffer;
    private final Refusal tooLarge;

    /**
     * @param maxBodyBytes as configured; a buffer's size is a bound as well
     * @param clock for stamps
     */
    public Admission(Rings rings, int maxBodyBytes, Door<R> door, NanoClock clock, Logger log) {
        this.publisher = rings.requestPublisher();
        this.inFlight = rings.inFlight();
        this.large = rings.requestBuffers();
        this.counters = rings.counters();
        this.door = door;
        this.clock = clock;
        this.log = log;
        int slot = publisher.slot(0).body.sliceCapacity();
        this.slotBytes = Math.min(maxBodyBytes, slot);
        this.maxBodyBytes = Math.min(maxBodyBytes, Math.max(slot, large.bufferBytes()));
        tooManyInFlight = Refusal.inFlight(inFlight.capacity());
        noLargeBuffer = Refusal.noLargeBuffer(slotBytes);
        tooLarge = Refusal.tooLarge(this.maxBodyBytes);
    }

    /** The longest body that is taken. */
    public int maxBodyBytes() {
        return maxBodyBytes;
    }

    /** The longest body that needs no large buffer. */
    public int slotBytes() {
        return slotBytes;
    }

    /** A buffer for a body that does not fit a slot, or null. */
    public LargeBuffers.@Nullable Lease claimLarge() {
        return large.claim(maxBodyBytes);
    }

    /**
     * Puts the request into the ring, or refuses it.
     *
     * @param lease is taken over; null where the body fits a slot
     * @return whether it is in the ring
     */
    public boolean publish(R request, LargeBuffers.@Nullable Lease lease) {
        RequestContext context = inFlight.claim();
        if (context == null) {
            release(lease);
            refuse(request, tooManyInFlight);
            return false;
        }
        door.fill(context, request);
        long sequence = publisher.tryClaim();
        if (sequence == RequestPublisher.FULL) {
            inFlight.release(context);
            release(lease);
            refuse(request, Refusal.RING_FULL);
            return false;
        }
        door.entering(request, context);
        RequestSlot slot = publisher.slot(sequence);
        try {
            slot.reset(RequestSlot.Kind.REQUEST, context);
            door.fill(slot, request, lease);
        } catch (RuntimeException e) {
            log.error("request {} could not be put into its slot", context.requestId, e);
            context.refuse(RequestStatus.INTERNAL, "internal error at the door", null);
        } finally {
            context.stamps.done(Stage.DOOR, clock.nanoTime());
            publisher.publish(sequence);
        }
        return true;
    }

    private static void release(LargeBuffers.@Nullable Lease lease) {
        if (lease != null) {
            lease.release();
        }
    }

    /** Its body is longer than {@link #maxBodyBytes}. */
    public void refuseTooLarge(R request) {
        refuse(request, tooLarge);
    }

    /** {@link #claimLarge} had none. */
    public void refuseNoLarge(R request) {
        refuse(request, noLargeBuffer);
    }

    /** Counts and tells. */
    public void refuse(R request, Refusal refusal) {
        counters.increment(refusal.counter());
        door.refuse(request, refusal.status(), refusal.message());
    }
}

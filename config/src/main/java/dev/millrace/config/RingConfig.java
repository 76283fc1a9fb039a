package dev.millrace.config;

/**
 * Both rings and what may be in flight. Keys {@code ring.*}. Everything here is allocated at
 * start-up.
 *
 * @param slots request slots
 * @param slotBytes off-heap bytes of a request slot for the body, and as many again for what decode
 *     makes of it
 * @param largeBuffers buffers shared by the slots for what does not fit in {@code slotBytes}
 * @param largeBufferBytes size of each; touched, and so resident, only where used
 * @param replySlots reply slots
 * @param replySlotBytes off-heap bytes of a reply slot
 * @param inFlight requests between door and last byte; one more gets 503
 */
public record RingConfig(
        int slots,
        int slotBytes,
        int largeBuffers,
        int largeBufferBytes,
        int replySlots,
        int replySlotBytes,
        int inFlight) {
    public RingConfig {
        Check.powerOfTwo("ring.slots", slots, 2, 1 << 20);
        Check.inRange("ring.slot-bytes", slotBytes, 256, 1 << 20);
        Check.inRange("ring.large-buffers", largeBuffers, 2, 4096);
        Check.inRange("ring.large-buffer-bytes", largeBufferBytes, slotBytes, 1 << 30);
        Check.powerOfTwo("ring.reply-slots", replySlots, 2, 1 << 20);
        Check.inRange("ring.reply-slot-bytes", replySlotBytes, 256, 1 << 20);
        Check.powerOfTwo("ring.in-flight", inFlight, 2, 1 << 20);
    }

    /** 1,024 request slots of 2 × 8 KiB, 4,096 reply slots of 2 KiB, 1,024 in flight. */
    public static RingConfig defaults() {
        return new RingConfig(1024, 8 << 10, 32, 16 << 20, 4096, 2 << 10, 1024);
    }
}

package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.LargeBuffers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSourceChannel;

/**
 * A body that does not come whole, or does not fit a slot: collects it in a buffer of its own until
 * its end, its limit or its deadline. Runs on: the exchange's I/O thread. Holds no slot.
 *
 * <p>What fits a slot is collected in one of the thread's partial buffers; what does not, straight
 * in the large buffer that the slot will take over.
 */
final class BodyReader implements ChannelListener<StreamSourceChannel> {
    private final HttpExchangeCall call;
    private final RequestAdmitter admitter;
    private final StreamSourceChannel channel;
    private final ByteBuffer probe = ByteBuffer.allocate(1);
    private ByteBuffer target;
    private @Nullable ByteBuffer partial;
    private LargeBuffers.@Nullable Lease lease;
    private XnioExecutor.@Nullable Key timer;

    BodyReader(HttpExchangeCall call, RequestAdmitter admitter) {
        this.call = call;
        this.admitter = admitter;
        this.channel = call.requestChannel();
        this.target = probe;
    }

    /** Goes on in a partial buffer with what was read already; false where none is free. */
    boolean beginSmall(ByteBuffer read) {
        ByteBuffer taken = call.thread.takePartial();
        if (taken == null) {
            return false;
        }
        partial = taken;
        target = taken.put(read.flip());
        return true;
    }

    /** Goes on in a large buffer with what was read already; false where none is free. */
    boolean beginLarge(ByteBuffer read) {
        LargeBuffers.Lease claimed = admitter.claimLarge();
        if (claimed == null) {
            return false;
        }
        lease = claimed;
        target = view(claimed, admitter.maxBodyBytes()).put(read.flip());
        return true;
    }

    @SuppressWarnings("restricted") // The buffer is an address: its owner gives no other view.
    private static ByteBuffer view(LargeBuffers.Lease lease, int bytes) {
        return MemorySegment.ofAddress(lease.buffer().addressOffset())
                .reinterpret(bytes)
                .asByteBuffer();
    }

    /** Reads what is there, and the rest as it comes. */
    void start() {
        call.reading(this);
        timer =
                call.thread.ioThread.executeAfter(
                        this::expired,
                        call.door.config().bodyTimeoutMillis(),
                        TimeUnit.MILLISECONDS);
        channel.getReadSetter().set(this);
        handleEvent(channel);
    }

    @Override
    public void handleEvent(StreamSourceChannel source) {
        if (timer == null) {
            return;
        }
        try {
            int bytes = read();
            while (bytes > 0 && timer != null) {
                bytes = read();
            }
            if (timer == null) {
                return;
            }
            if (bytes < 0) {
                complete();
            } else {
                source.resumeReads();
            }
        } catch (IOException truncated) {
            call.gone();
        }
    }

    /** Bytes read, 0 where none are there, -1 at the end; gives up by itself. */
    private int read() throws IOException {
        if (!target.hasRemaining()) {
            int more = channel.read(probe.clear());
            if (more > 0) {
                release();
                admitter.refuseTooLarge(call);
            }
            return more;
        }
        int bytes = channel.read(target);
        if (partial != null && !target.hasRemaining()) {
            outgrown(partial);
        }
        return bytes;
    }

    /** A partial buffer is one byte larger than a slot, so a full one does not fit. */
    private void outgrown(ByteBuffer small) {
        if (small.position() > admitter.maxBodyBytes()) {
            release();
            admitter.refuseTooLarge(call);
        } else if (beginLarge(small)) {
            call.thread.givePartial(small);
            partial = null;
        } else {
            release();
            admitter.refuseNoLarge(call);
        }
    }

    private void complete() {
        stop();
        LargeBuffers.Lease large = lease;
        lease = null;
        if (large != null) {
            admitter.publish(call, large, target, target.position());
        } else {
            admitter.publish(call, null, target, target.position());
            release();
        }
    }

    private void expired() {
        release();
        admitter.refuseSlow(call);
    }

    /** The client went away. */
    void abandon() {
        release();
    }

    private void stop() {
        channel.suspendReads();
        call.reading(null);
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    private void release() {
        stop();
        LargeBuffers.Lease large = lease;
        lease = null;
        if (large != null) {
            large.release();
        }
        ByteBuffer small = partial;
        partial = null;
        if (small != null) {
            call.thread.givePartial(small);
        }
    }
}

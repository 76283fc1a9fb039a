package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The duty cycle that all lanes share: take what the ring has, execute once, repeat.
 *
 * <p>Runs on: the lane's thread, which owns the model and all of its tensors.
 */
abstract class LaneLoop implements Lane {
    /** There is nothing to execute until something arrives. */
    static final long NOTHING = Long.MAX_VALUE;

    final LaneOutput output;
    final StepEvent event = new StepEvent();
    private final int index;
    private final String name;
    private final AtomicInteger load = new AtomicInteger();
    private long steps;

    LaneLoop(int index, String modelName, LaneOutput output) {
        this.index = index;
        this.name = "lane-" + modelName;
        this.output = output;
        event.lane = name;
    }

    /**
     * Copies an admitted request out of its slot, or refuses it with a reply.
     *
     * @return false where there is no room for it
     */
    abstract boolean take(RequestSlot slot);

    /**
     * Executes once.
     *
     * @param flush whether to wait for no company
     * @return 0 after an execution, else how long to wait for the next
     */
    abstract long turn(boolean flush);

    @Override
    public final void run(LaneFeed feed) {
        LibTorch.enterLaneThread();
        LaneFeed.Intake intake = this::takeGuarded;
        while (true) {
            // Read before polling: what is published before the stop is taken.
            boolean stopping = feed.stopping();
            feed.poll(intake);
            long idleNanos = turn(stopping);
            if (idleNanos > 0) {
                if (stopping && load.get() == 0) {
                    return;
                }
                feed.idle(idleNanos);
            }
        }
    }

    private boolean takeGuarded(RequestSlot slot) {
        RequestContext context = slot.context();
        try {
            return take(slot);
        } catch (RuntimeException e) {
            output.refuse(
                    context,
                    RequestStatus.INTERNAL,
                    "the lane could not take the request: " + ScriptModule.reason(e),
                    null);
            return true;
        }
    }

    /** A request was taken. */
    final void taken() {
        load.incrementAndGet();
    }

    /** The last reply of a taken request is about to be published. */
    final void ended() {
        load.decrementAndGet();
    }

    /** Begins the record of an execution. */
    final void beginStep(int entries, int tokens) {
        event.failed = false;
        event.modelNanos = 0;
        event.sampleNanos = 0;
        event.step = steps++;
        event.entries = entries;
        event.tokens = tokens;
        event.begin();
    }

    /** Ends the record of an execution. */
    final void endStep() {
        // Without end, commit keeps the duration that a reused event has from its last use.
        event.end();
        event.commit();
    }

    @Override
    public final int index() {
        return index;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int load() {
        return load.get();
    }
}

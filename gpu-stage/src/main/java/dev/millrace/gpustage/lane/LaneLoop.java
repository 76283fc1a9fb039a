package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.Partners;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TurnJournal;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The duty cycle that all lanes share: take what the ring has, execute once, repeat.
 *
 * <p>Runs on: the lane's thread, which owns the model and all of its tensors.
 */
abstract class LaneLoop implements ReplayableLane {
    /** What a client is told whose request could not be put on record. */
    static final String NOT_ON_RECORD = "the execution could not be put on record";

    /** There is nothing to execute until something arrives. */
    static final long NOTHING = Long.MAX_VALUE;

    final LaneOutput output;
    final StepEvent event = new StepEvent();
    private final LaneTurn turn = new LaneTurn();
    private final int index;
    private final String name;
    private final AtomicInteger load = new AtomicInteger();
    private TurnJournal journal = TurnJournal.NONE;
    private @Nullable Partners partners;

    /** The recorded turn that is repeated; null where the lane decides for itself. */
    private @Nullable LaneTurn script;

    private long turns;
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
     * Executes once, and before that puts on record what it noticed and what it executes. What it
     * decides depends on the requests it took and on {@code turn}'s time and flush, and on nothing
     * else.
     *
     * @param turn begun, with what was taken
     * @return 0 after an execution, else how long to wait for the next
     */
    abstract long turn(LaneTurn turn);

    @Override
    public final void run(LaneFeed feed, TurnJournal turnJournal) {
        LibTorch.enterLaneThread(nativeThreads());
        journal = turnJournal;
        partners = feed.partners();
        LaneFeed.Intake intake = this::takeGuarded;
        while (true) {
            // Read before polling: what is published before the stop is taken.
            boolean stopping = feed.stopping();
            turn.begin(index, turns, output.clock().nanoTime(), stopping);
            feed.poll(intake);
            long idleNanos = turn(turn);
            if (idleNanos > 0) {
                if (stopping && load.get() == 0) {
                    return;
                }
                feed.idle(idleNanos);
            }
        }
    }

    @Override
    public final LaneTurn replay(LaneTurn recorded, LaneFeed feed) {
        // The replaying thread turns lanes of all kinds.
        LibTorch.enterLaneThread(nativeThreads());
        script = recorded;
        partners = feed.partners();
        turn.begin(index, recorded.number, recorded.nowNanos, recorded.flush);
        feed.poll(
                slot -> recorded.names(LaneTurn.Event.TAKEN, slot.requestId) && takeGuarded(slot));
        turn(turn);
        return turn;
    }

    /**
     * Whether the request's client went away, as far as the lane may know in this turn: by itself,
     * or because the record says so.
     */
    final boolean cancelled(RequestContext context) {
        long id = context.requestId;
        LaneTurn.Event event = LaneTurn.Event.CANCELLED;
        boolean cancelled = script == null ? context.cancelled() : script.names(event, id);
        if (cancelled && !turn.names(event, id)) {
            turn.event(event, id);
        }
        return cancelled;
    }

    /** Threads inside one operator of the lane's own calls. */
    int nativeThreads() {
        return LibTorch.threads();
    }

    /** The threads that compute beside this one; there are some while the lane runs. */
    final Partners partners() {
        return Objects.requireNonNull(partners);
    }

    /** Whether answers carry digests of what they were sampled from. */
    final boolean digests() {
        return script != null || !journal.equals(TurnJournal.NONE);
    }

    /** The recorded turn that is repeated; null where the lane decides for itself. */
    final @Nullable LaneTurn script() {
        return script;
    }

    /** Puts the turn on record; false where it must not be executed. */
    final boolean onRecord() {
        if (turn.isEmpty()) {
            return true;
        }
        turns++;
        return journal.append(turn);
    }

    private boolean takeGuarded(RequestSlot slot) {
        RequestContext context = slot.context();
        long requestId = slot.requestId;
        try {
            boolean taken = take(slot);
            if (taken) {
                turn.event(LaneTurn.Event.TAKEN, requestId);
            }
            return taken;
        } catch (RuntimeException e) {
            turn.event(LaneTurn.Event.TAKEN, requestId);
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

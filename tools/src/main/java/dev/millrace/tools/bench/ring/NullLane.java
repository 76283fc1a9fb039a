package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.InlineLane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.TensorRef;
import dev.millrace.ringbuffer.TurnJournal;
import org.agrona.concurrent.NanoClock;

/**
 * A lane whose model gives back the tensor it is given. Does what a lane must: each turn is on
 * record before its answers are published.
 *
 * <p>Runs on: its own thread, or where the stages run.
 */
public final class NullLane implements InlineLane {
    private static final int TURN = 64;

    private final int index;
    private final ReplyPublisher replies;
    private final NanoClock clock;
    private final LaneTurn turn = new LaneTurn();
    private final long[] sequences = new long[TURN];
    private final LaneFeed.Intake intake = this::take;
    private int taken;
    private long turns;

    public NullLane(int index, ReplyPublisher replies, NanoClock clock) {
        this.index = index;
        this.replies = replies;
        this.clock = clock;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public String name() {
        return "lane-null";
    }

    @Override
    public boolean turn(LaneFeed feed, TurnJournal journal) {
        turn.begin(index, turns, clock.nanoTime(), false);
        if (feed.poll(intake) == 0) {
            return false;
        }
        turns++;
        long begun = clock.nanoTime();
        boolean recorded = journal.append(turn);
        long done = clock.nanoTime();
        for (int i = 0; i < taken; i++) {
            RequestContext context = replies.slot(sequences[i]).context();
            context.stamps.done(Stage.QUEUE, begun);
            context.stamps.done(Stage.INFER, done);
            end(sequences[i], recorded);
        }
        taken = 0;
        return true;
    }

    /** Copies the answer into its reply, which is published when the turn is on record. */
    private boolean take(RequestSlot slot) {
        if (taken == TURN) {
            return false;
        }
        RequestContext context = slot.context();
        TensorRef input = slot.inputs[0];
        long sequence = replies.open(ReplySlot.Kind.TENSOR, context, input.lengthBytes);
        ReplySlot reply = replies.slot(sequence);
        PayloadBuffer from = input.inBody ? slot.body : slot.decoded;
        reply.payload.buffer().putBytes(0, from.buffer(), input.offset, input.lengthBytes);
        describe(reply, input);
        turn.event(LaneTurn.Event.TAKEN, context.requestId);
        turn.entry(context.requestId, 0, 0, slot.rows, 0);
        sequences[taken++] = sequence;
        return true;
    }

    private static void describe(ReplySlot reply, TensorRef input) {
        TensorRef output = reply.tensor;
        output.name = NullModel.OUTPUT;
        output.datatype = input.datatype;
        output.rank = input.rank;
        System.arraycopy(input.shape, 0, output.shape, 0, input.rank);
        reply.count = input.lengthBytes;
        reply.last = true;
    }

    private void end(long sequence, boolean recorded) {
        ReplySlot reply = replies.slot(sequence);
        RequestContext context = reply.context();
        if (!recorded) {
            reply.kind = ReplySlot.Kind.FAILURE;
            context.refuse(RequestStatus.JOURNAL_FAILED, "the turn is not on record", null);
        }
        replies.publish(sequence);
    }

    @Override
    public void failAll(Throwable cause) {
        // What was taken has a claimed reply, which alone can end it.
        for (int i = 0; i < taken; i++) {
            end(sequences[i], false);
        }
        taken = 0;
    }

    @Override
    public void close() {}

    @Override
    public int load() {
        return 0;
    }
}

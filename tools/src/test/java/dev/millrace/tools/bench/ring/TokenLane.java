package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.TurnJournal;
import org.jspecify.annotations.Nullable;

/** A lane that makes texts up: as many tokens as are asked for, one a reply, one text at a time. */
final class TokenLane implements Lane {
    static final String NAME = "lane-tokens";
    private static final int FIRST_TOKEN = 300;
    private static final int TOKENS = 1000;

    private final int index;
    private final ReplyPublisher replies;
    private final LaneFeed.Intake intake = this::take;
    private @Nullable RequestContext running;
    private int left;

    TokenLane(int index, ReplyPublisher replies) {
        this.index = index;
        this.replies = replies;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void run(LaneFeed feed, TurnJournal journal) {
        while (!feed.stopping()) {
            feed.poll(intake);
            RequestContext context = running;
            if (context == null) {
                feed.idle(Long.MAX_VALUE);
            } else {
                token(context);
            }
        }
    }

    private boolean take(RequestSlot slot) {
        if (running != null) {
            return false;
        }
        running = slot.context();
        left = slot.sampling.maxTokens;
        slot.context().stamps.done(Stage.QUEUE, System.nanoTime());
        return true;
    }

    private void token(RequestContext context) {
        boolean last = --left == 0;
        context.completionTokens++;
        if (last) {
            context.stamps.done(Stage.INFER, System.nanoTime());
            running = null;
        }
        long sequence = replies.open(ReplySlot.Kind.TOKENS, context, Integer.BYTES);
        ReplySlot slot = replies.slot(sequence);
        slot.payload.buffer().putInt(0, FIRST_TOKEN + left % TOKENS);
        slot.count = 1;
        slot.finish = last ? FinishReason.LENGTH : FinishReason.NONE;
        slot.last = last;
        replies.publish(sequence);
    }

    @Override
    public void failAll(Throwable cause) {}

    @Override
    public void close() {}

    @Override
    public int load() {
        return 0;
    }
}

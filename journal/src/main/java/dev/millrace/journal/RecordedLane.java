package dev.millrace.journal;

import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.TurnJournal;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.agrona.concurrent.NanoClock;

/**
 * Answers requests with what the journal holds for them. Owns: the files it reads. Runs on: its own
 * thread, which executes nothing and has no turns to record.
 *
 * <p>An answer is read a piece at a time, so that the lane goes on passing slots.
 */
final class RecordedLane implements Lane {
    private final Path folder;
    private final ReplyPublisher replies;
    private final NanoClock clock;
    private final ArrayDeque<RecordedAnswer> answers = new ArrayDeque<>();
    private volatile int load;

    RecordedLane(Path folder, ReplyPublisher replies, NanoClock clock) {
        this.folder = folder;
        this.replies = replies;
        this.clock = clock;
    }

    @Override
    public int index() {
        return RECORDED;
    }

    @Override
    public String name() {
        return "lane-recorded";
    }

    @Override
    public boolean idles() {
        return true;
    }

    @Override
    public void run(LaneFeed feed, TurnJournal journal) {
        while (true) {
            feed.poll(this::take);
            RecordedAnswer first = answers.peek();
            if (first != null) {
                proceed(first);
            } else if (feed.stopping()) {
                return;
            } else {
                feed.idle(Long.MAX_VALUE);
            }
        }
    }

    private boolean take(RequestSlot slot) {
        RequestContext context = slot.context();
        if (!(context.known instanceof KnownRequest known)) {
            throw new IllegalStateException("a request that is not known came to " + name());
        }
        answers.add(new RecordedAnswer(folder, known, context, replies, clock));
        load = answers.size();
        return true;
    }

    private void proceed(RecordedAnswer answer) {
        if (answer.proceed()) {
            answer.close();
            answers.remove();
            load = answers.size();
        }
    }

    @Override
    public void failAll(Throwable cause) {
        while (!answers.isEmpty()) {
            RecordedAnswer answer = answers.remove();
            answer.close();
            RequestContext context = answer.context();
            context.refuse(RequestStatus.INTERNAL, name() + " stopped on an error", null);
            context.stamps.done(Stage.INFER, clock.nanoTime());
            replies.failure(context);
        }
        load = 0;
    }

    @Override
    public void close() {
        answers.forEach(RecordedAnswer::close);
        answers.clear();
    }

    @Override
    public int load() {
        return load;
    }
}

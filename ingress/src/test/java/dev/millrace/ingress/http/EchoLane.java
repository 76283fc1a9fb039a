package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TurnJournal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A lane that does what a body's first word says: {@code hold} waits for {@link #releaseHeld} or
 * its client's end, {@code stream COUNT BYTES} sends that many parts (COUNT 0: no end), {@code
 * head} answers with the kept head, and anything else comes back as it is.
 */
final class EchoLane implements Lane {
    static final int INDEX = 0;

    /** False leaves requests in the ring. */
    volatile boolean taking = true;

    volatile boolean releaseHeld;

    final Queue<Long> cancelled = new ConcurrentLinkedQueue<>();
    final Queue<Seen> seen = new ConcurrentLinkedQueue<>();

    private final ReplyPublisher replies;
    private final List<Running> running = new ArrayList<>();
    private volatile int load;

    EchoLane(ReplyPublisher replies) {
        this.replies = replies;
    }

    /** What reached the lane. */
    record Seen(
            String clientRequestId,
            String traceparent,
            String model,
            String version,
            int inferenceHeaderLength,
            long callerId,
            int bodyBytes,
            String head) {}

    private static final class Running {
        final RequestContext context;
        final boolean held;
        final int parts;
        final int partBytes;
        int sent;

        Running(RequestContext context, boolean held, int parts, int partBytes) {
            this.context = context;
            this.held = held;
            this.parts = parts;
            this.partBytes = partBytes;
        }
    }

    @Override
    public int index() {
        return INDEX;
    }

    @Override
    public String name() {
        return "lane-echo";
    }

    @Override
    public void run(LaneFeed feed, TurnJournal journal) {
        while (!feed.stopping() || !running.isEmpty()) {
            int taken = feed.poll(this::take);
            for (Iterator<Running> all = running.iterator(); all.hasNext(); ) {
                if (!step(all.next(), feed.stopping())) {
                    all.remove();
                }
            }
            load = running.size();
            if (taken == 0) {
                feed.idle(running.isEmpty() && taking ? Long.MAX_VALUE : 1_000_000);
            }
        }
    }

    private boolean take(RequestSlot slot) {
        if (!taking) {
            return false;
        }
        RequestContext context = slot.context();
        byte[] bytes = new byte[slot.body.length()];
        slot.body.buffer().getBytes(0, bytes);
        byte[] head = new byte[slot.head.length()];
        slot.head.buffer().getBytes(0, head);
        seen.add(
                new Seen(
                        context.clientRequestId,
                        context.traceparent,
                        String.valueOf(slot.pathModel),
                        String.valueOf(slot.pathVersion),
                        slot.inferenceHeaderLength,
                        context.callerId,
                        bytes.length,
                        new String(head, StandardCharsets.ISO_8859_1)));
        String[] words =
                new String(bytes, 0, Math.min(64, bytes.length), StandardCharsets.ISO_8859_1)
                        .split(" ", -1);
        switch (words[0]) {
            case "hold" -> running.add(new Running(context, true, 0, 0));
            case "stream" ->
                    running.add(
                            new Running(
                                    context,
                                    false,
                                    Integer.parseInt(words[1]),
                                    Integer.parseInt(words[2])));
            case "head" -> reply(context, ReplySlot.Kind.TENSOR, head, true);
            default -> reply(context, ReplySlot.Kind.TENSOR, bytes, true);
        }
        return true;
    }

    /** Whether it goes on. */
    private boolean step(Running one, boolean stopping) {
        if (one.context.cancelled() || stopping) {
            if (one.context.cancelled()) {
                cancelled.add(one.context.requestId);
            }
            one.context.refuse(RequestStatus.CANCELLED, "cancelled", null);
            replies.failure(one.context);
            return false;
        }
        if (one.held) {
            if (releaseHeld) {
                reply(one.context, ReplySlot.Kind.TENSOR, new byte[] {'k'}, true);
            }
            return !releaseHeld;
        }
        one.sent++;
        boolean last = one.sent == one.parts;
        byte[] part = new byte[one.partBytes];
        Arrays.fill(part, (byte) ('a' + one.sent % 26));
        reply(one.context, ReplySlot.Kind.TOKENS, part, last);
        return !last;
    }

    private void reply(RequestContext context, ReplySlot.Kind kind, byte[] bytes, boolean last) {
        long sequence = replies.open(kind, context, bytes.length);
        ReplySlot slot = replies.slot(sequence);
        slot.payload.buffer().putBytes(0, bytes);
        slot.last = last;
        replies.publish(sequence);
    }

    @Override
    public void failAll(Throwable cause) {
        for (Running one : running) {
            one.context.refuse(RequestStatus.INTERNAL, String.valueOf(cause), null);
            replies.failure(one.context);
        }
        running.clear();
    }

    @Override
    public void close() {}

    @Override
    public int load() {
        return load;
    }
}

package dev.millrace.ringbuffer;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A lane without a model: answers what it took in an order that its seed fixes, with one to four
 * replies each. May be held, bounded, or told to die.
 */
final class ScriptedLane implements Lane {
    private record Taken(RequestContext context, long requestId, int replies) {}

    final AtomicInteger taken = new AtomicInteger();
    volatile boolean held;
    volatile int room = 64;
    volatile int dieAfter = Integer.MAX_VALUE;
    volatile boolean dieInFailAll;
    volatile boolean leaveEarly;
    volatile boolean closed;

    private final int index;
    private final Rings rings;
    private final SplittableRandom random;
    private final List<Taken> running = new ArrayList<>();
    private final AtomicInteger load = new AtomicInteger();

    ScriptedLane(int index, Rings rings, long seed) {
        this.index = index;
        this.rings = rings;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public String name() {
        return "lane-" + index;
    }

    @Override
    public void run(LaneFeed feed, TurnJournal journal) {
        while (!leaveEarly && !(feed.stopping() && running.isEmpty())) {
            feed.poll(this::take);
            if (running.isEmpty()) {
                feed.idle(Long.MAX_VALUE);
            } else if (held) {
                LockSupport.parkNanos(100_000);
            } else {
                answer(running.remove(random.nextInt(running.size())));
            }
        }
    }

    private boolean take(RequestSlot slot) {
        if (running.size() >= room) {
            return false;
        }
        if (taken.incrementAndGet() > dieAfter) {
            throw new IllegalStateException("told to die");
        }
        running.add(new Taken(slot.context(), slot.requestId, 1 + random.nextInt(4)));
        load.incrementAndGet();
        return true;
    }

    private void answer(Taken request) {
        if (request.context().cancelled()) {
            request.context().refuse(RequestStatus.CANCELLED, "the client went away", null);
            end(request);
            return;
        }
        ReplyPublisher replies = rings.replyPublisher();
        for (int i = 1; i <= request.replies(); i++) {
            boolean large = random.nextInt(8) == 0;
            int bytes = large ? replies.maxPayloadBytes() : 64;
            long sequence = replies.open(ReplySlot.Kind.TOKENS, request.context(), bytes);
            ReplySlot slot = replies.slot(sequence);
            slot.payload.buffer().putLong(bytes - 8, request.requestId());
            slot.last = i == request.replies();
            if (slot.last) {
                load.decrementAndGet();
            }
            replies.publish(sequence);
        }
    }

    private void end(Taken request) {
        load.decrementAndGet();
        rings.replyPublisher().failure(request.context());
    }

    @Override
    public void failAll(Throwable cause) {
        for (Taken request : running) {
            request.context().refuse(RequestStatus.INTERNAL, "the lane died", null);
            end(request);
        }
        running.clear();
        if (dieInFailAll) {
            throw new IllegalStateException("told to die again");
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public int load() {
        return load.get();
    }
}

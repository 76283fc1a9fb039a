package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.ReplyFrame;
import io.aeron.Image;
import io.aeron.Publication;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One client: its requests as they come, and the publication that its answers go into. Runs on: the
 * door's thread, but for {@link #send}.
 */
final class AeronSession {
    /** An answer at a term's end, or while positions are brought up to date. */
    private static final int ATTEMPTS = 16;

    final Image image;
    final boolean udp;
    final MessageAssembler assembler;
    final Backlog backlog;

    /** Requests that run, by correlation id. */
    final Long2ObjectHashMap<AeronCall> running = new Long2ObjectHashMap<>();

    /** Requests whose last frame was not handed back yet, also under an id that is used again. */
    int open;

    /** When the backlog last became shorter; 0 while it is empty. */
    long progressNanos;

    /** What there was to do for a client that went away is done, but for what still runs. */
    boolean gone;

    // ---- What the last request said, so that the same again costs nothing.

    byte[] lastModelBytes = {};
    String lastModel = "";
    byte[] lastKeyBytes = {};
    long lastCaller;
    boolean callerKnown;

    private final long publicationId;

    /** Set before a request is taken, and so before anyone answers. */
    private @Nullable Publication publication;

    private volatile boolean lost;

    AeronSession(
            Image image,
            boolean udp,
            long publicationId,
            MessageAssembler assembler,
            Backlog backlog) {
        this.image = image;
        this.udp = udp;
        this.publicationId = publicationId;
        this.assembler = assembler;
        this.backlog = backlog;
    }

    long publicationId() {
        return publicationId;
    }

    @Nullable Publication publication() {
        return publication;
    }

    void publication(Publication made) {
        publication = made;
    }

    /** Its answers reach nobody any more. */
    boolean lost() {
        return lost;
    }

    void lose() {
        lost = true;
    }

    /**
     * Sends bytes, in as many frames as they need; what the client has no room for waits in the
     * backlog. Never blocks. Any thread; frames of one request from one thread.
     *
     * @param header but for what {@link ReplyFrame#part} says
     * @param last whether nothing follows for this request
     */
    void send(
            MutableDirectBuffer header, DirectBuffer bytes, int offset, int length, boolean last) {
        Publication to = publication;
        if (to == null || lost) {
            return;
        }
        int room = to.maxMessageLength() - ReplyFrame.HEADER_BYTES;
        int at = 0;
        do {
            int part = Math.min(length - at, room);
            ReplyFrame.part(header, part, last && at + part == length);
            if (!backlog.isEmpty() || !offered(to, header, bytes, offset + at, part)) {
                backlog.add(header, ReplyFrame.HEADER_BYTES, bytes, offset + at, part);
            }
            at += part;
        } while (at < length && !lost);
    }

    /** Whether nothing is left to do for that message. */
    private boolean offered(
            Publication to, DirectBuffer header, DirectBuffer bytes, int offset, int length) {
        for (int i = 0; i < ATTEMPTS; i++) {
            long result =
                    length == 0
                            ? to.offer(header, 0, ReplyFrame.HEADER_BYTES)
                            : to.offer(header, 0, ReplyFrame.HEADER_BYTES, bytes, offset, length);
            if (result != Publication.ADMIN_ACTION) {
                return settled(result);
            }
        }
        return false;
    }

    private boolean settled(long result) {
        if (result == Publication.BACK_PRESSURED || result == Publication.ADMIN_ACTION) {
            return false;
        }
        if (result < 0) {
            lose();
        }
        return true;
    }

    /** Sends what waits, as far as there is room; returns how many messages that were. */
    int drain(long nowNanos) {
        Publication to = publication;
        if (to == null || backlog.isEmpty()) {
            return 0;
        }
        int sent = 0;
        UnsafeBuffer first = backlog.first();
        while (first != null && !lost && settled(to.offer(first, 0, first.capacity()))) {
            backlog.removeFirst();
            sent++;
            first = backlog.first();
        }
        if (sent > 0) {
            progressNanos = nowNanos;
        }
        return sent;
    }
}

package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import io.aeron.Aeron;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * One turn of the door after the other: Aeron's own duties, clients that come and go, their
 * messages, and what waits to be sent. Runs on: the door's thread, once it runs.
 */
final class AeronLoop {
    private static final int FRAGMENTS = 16;

    /** Aeron's duties ask the kernel about sockets: messages in shared memory need not wait. */
    private static final long DUTY_NANOS = 100_000;

    /** After a message over UDP, so long Aeron's duties are done in every turn. */
    private static final long UDP_NANOS = 1_000_000;

    private final AeronConfig config;
    private final Aeron aeron;
    private final AeronConnection connection;
    private final FrameAdmitter admitter;
    private final NanoClock clock;
    private final Logger log;
    private final long slowNanos;
    private final MessageAssembler.Budget assembling;
    private final AtomicLong unsentBytes = new AtomicLong();
    private final int maxMessageBytes;
    private final ArrayDeque<Image> arrived = new ArrayDeque<>();
    private final List<AeronSession> sessions = new ArrayList<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final FragmentHandler fragments = this::fragment;
    private @Nullable AeronSession polled;
    private @Nullable Message message;
    private boolean blocked;
    private long udpNanos;
    private long invokedNanos;

    /**
     * @param slowNanos how long a client may read nothing of what waits for it
     * @param assemblyBytes what unfinished messages of all clients may take
     */
    AeronLoop(
            AeronConfig config,
            AeronConnection connection,
            FrameAdmitter admitter,
            NanoClock clock,
            long slowNanos,
            long assemblyBytes,
            int maxMessageBytes,
            Logger log) {
        this.config = config;
        this.connection = connection;
        this.aeron = connection.aeron();
        this.admitter = admitter;
        this.clock = clock;
        this.slowNanos = slowNanos;
        this.assembling = new MessageAssembler.Budget(assemblyBytes);
        this.maxMessageBytes = maxMessageBytes;
        this.log = log;
    }

    /**
     * Begins to take requests; before the thread runs.
     *
     * @throws ConfigException where the endpoint cannot be listened at, or answers cannot be sent
     *     from where they are asked for
     */
    void listen() {
        invokedNanos = clock.nanoTime();
        udpNanos = invokedNanos - UDP_NANOS;
        subscribe(Channels.ipcRequests());
        String endpoint = config.endpoint();
        if (endpoint != null) {
            try {
                subscribe(Channels.udpRequests(config));
            } catch (AeronException e) {
                throw new ConfigException(
                        "aeron.endpoint",
                        endpoint,
                        "an address of this machine with a free port (" + e.getMessage() + ")");
            }
            // The driver takes it with the first client: late to find out.
            if (connection.drives()) {
                Channels.checkAnswers(config);
            }
        }
    }

    private void subscribe(String channel) {
        subscriptions.add(
                aeron.addSubscription(channel, config.streamId(), arrived::add, image -> {}));
    }

    /** One turn; returns how much there was to do for clients. */
    int turn() {
        int work = admitter.collectEnded();
        long now = clock.nanoTime();
        if (now - invokedNanos >= DUTY_NANOS || now - udpNanos < UDP_NANOS) {
            invokedNanos = now;
            // Timers and heartbeats are no reason to look again soon: messages show below.
            connection.invoke();
        }
        if (!arrived.isEmpty()) {
            work += welcome();
        }
        blocked = false;
        for (int i = sessions.size() - 1; i >= 0; i--) {
            AeronSession session = sessions.get(i);
            if (session.lost() || session.image.isClosed()) {
                work += farewell(session, i);
            } else if (session.publication() == null) {
                work += open(session);
            } else {
                int messages = poll(session) + send(session);
                if (session.udp && messages > 0) {
                    udpNanos = now;
                }
                work += messages;
            }
        }
        return work;
    }

    /** Whether the last turn left something behind for which a client has no room. */
    boolean blocked() {
        return blocked;
    }

    // ---- Clients that come.

    private int welcome() {
        int count = 0;
        for (Image image = arrived.poll(); image != null; image = arrived.poll()) {
            count++;
            if (sessions.size() >= config.maxSessions()) {
                log.warn(
                        "aeron: {} refused, aeron.max-sessions is {}",
                        image.sourceIdentity(),
                        config.maxSessions());
                image.reject("the server has no room for another client");
            } else {
                sessions.add(session(image));
            }
        }
        return count;
    }

    private AeronSession session(Image image) {
        boolean udp = image.subscription().channel().startsWith("aeron:udp");
        long id = image.correlationId();
        String answers = udp ? Channels.udpAnswers(config, id) : Channels.ipcAnswers(config, id);
        return new AeronSession(
                image,
                udp,
                aeron.asyncAddPublication(answers, config.streamId() + 1),
                new MessageAssembler(maxMessageBytes, assembling),
                new Backlog(unsentBytes));
    }

    /** Requests are taken when their answers can be: until then they stay with the client. */
    private int open(AeronSession session) {
        try {
            Publication made = aeron.getPublication(session.publicationId());
            if (made == null || !made.isConnected()) {
                return 0;
            }
            session.publication(made);
            log.info("aeron: {} is connected", session.image.sourceIdentity());
            return 1;
        } catch (AeronException e) {
            log.warn(
                    "aeron: {} cannot be answered: {}",
                    session.image.sourceIdentity(),
                    e.getMessage());
            session.lose();
            return 1;
        }
    }

    // ---- Messages.

    private int poll(AeronSession session) {
        polled = session;
        return session.image.poll(fragments, FRAGMENTS);
    }

    private void fragment(DirectBuffer buffer, int offset, int length, Header header) {
        AeronSession session = polled;
        if (session == null) {
            return;
        }
        byte flags = header.flags();
        if ((flags & FrameDescriptor.UNFRAGMENTED) == FrameDescriptor.UNFRAGMENTED) {
            admitter.accept(message(session, buffer, offset, length));
            return;
        }
        MessageAssembler assembler = session.assembler;
        if (assembler.add(flags, buffer, offset, length)) {
            Message whole = message(session, assembler.buffer(), 0, assembler.length());
            if (assembler.cut()) {
                admitter.acceptCut(whole, assembler.tooLong());
            } else {
                admitter.accept(whole);
            }
            assembler.done();
        }
    }

    private Message message(AeronSession session, DirectBuffer buffer, int at, int length) {
        Message reused = message;
        if (reused == null) {
            reused = new Message(session, buffer);
            message = reused;
        }
        return reused.wrap(session, buffer, at, length);
    }

    private int send(AeronSession session) {
        if (session.backlog.isEmpty()) {
            return 0;
        }
        long now = clock.nanoTime();
        if (session.progressNanos == 0) {
            session.progressNanos = now;
        }
        int sent = session.drain(now);
        if (session.backlog.isEmpty()) {
            session.progressNanos = 0;
            return sent;
        }
        blocked = true;
        if (now - session.progressNanos > slowNanos) {
            log.warn("aeron: {} reads nothing and is cut off", session.image.sourceIdentity());
            session.lose();
        }
        return sent;
    }

    // ---- Clients that go.

    private int farewell(AeronSession session, int index) {
        if (!session.gone) {
            session.gone = true;
            session.lose();
            session.backlog.clear();
            session.assembler.free();
            admitter.cancelAll(session);
            if (!session.image.isClosed()) {
                session.image.reject("answers do not reach the client");
            }
        }
        if (session.open > 0) {
            // The reply thread may still put something into the publication.
            return 0;
        }
        session.backlog.clear();
        aeron.asyncRemovePublication(session.publicationId());
        sessions.remove(index);
        return 1;
    }

    /** Clients there are. */
    int sessions() {
        return sessions.size();
    }
}

package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.HttpConfig;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.PollingHost;
import dev.millrace.ringbuffer.Rings;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes requests out of Aeron's streams and puts them into the ring. Owns: the thread {@code door
 * aeron}, which is also its media driver's where that is embedded, and the driver's folder.
 *
 * <p>It ends in two steps, {@link #stop} and {@link #close}, with the reply thread's end between
 * them: that thread writes into the door's memory.
 */
public final class AeronDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AeronDoor.class);
    private static final long STOP_MILLIS = 10_000;

    /** Aeron's commands and heartbeats wait for as long; a message wakes the door. */
    private static final long WOKEN_MILLIS = 50;

    /** What comes into the sockets of another process wakes nobody here. */
    private static final long UNWOKEN_MILLIS = 4;

    /** An eighth of the heap each: unread answers, and messages that are not whole. */
    private static final int HEAP_SHARE = 8;

    private final AeronConfig config;
    private final PollingHost stages;
    private final AeronConnection connection;
    private final AeronLoop loop;
    private final FrameAdmitter admitter;
    private final Thread thread;
    private final DoorSleep sleep = new DoorSleep();
    private final DoorIdle idle;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile String problem = "";

    /**
     * Begins to take requests.
     *
     * @param limits of bodies and of unread answers
     * @param stages to run on the door's thread, where the plan says so
     * @param wallClock for arrival times
     * @param clock for stamps
     * @throws dev.millrace.config.ConfigException where the driver's folder or a channel cannot be
     *     used
     */
    public static AeronDoor start(
            AeronConfig config,
            HttpConfig limits,
            Rings rings,
            PollingHost stages,
            EpochNanoClock wallClock,
            NanoClock clock) {
        var door = new AeronDoor(config, limits, rings, stages, wallClock, clock);
        try {
            door.loop.listen();
            door.sleep.announce(door.connection.aeron(), config.streamId());
        } catch (RuntimeException | Error e) {
            door.release();
            throw e;
        }
        door.thread.start();
        return door;
    }

    private AeronDoor(
            AeronConfig config,
            HttpConfig limits,
            Rings rings,
            PollingHost stages,
            EpochNanoClock wallClock,
            NanoClock clock) {
        this.config = config;
        this.stages = stages;
        thread = new Thread(this::run, "door aeron");
        thread.setDaemon(true);
        idle = new DoorIdle(config.idle(), sleep, longestSleepMillis(config));
        long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
        try {
            connection = AeronConnection.open(config, sleep::watch, LOG);
        } catch (RuntimeException | Error e) {
            sleep.close();
            throw e;
        }
        var sink =
                new AeronReplySink(
                        rings.requestPublisher(),
                        rings.counters(),
                        rings.inFlight().capacity(),
                        limits.streamBufferBytes(),
                        share,
                        sleep::wake);
        admitter = new FrameAdmitter(rings, limits, sink, clock, wallClock, LOG);
        loop =
                new AeronLoop(
                        config,
                        connection,
                        admitter,
                        clock,
                        TimeUnit.MILLISECONDS.toNanos(limits.idleTimeoutMillis()),
                        share,
                        maxMessageBytes(),
                        LOG);
    }

    private static long longestSleepMillis(AeronConfig config) {
        return config.driver() == AeronConfig.Driver.EXTERNAL && config.endpoint() != null
                ? UNWOKEN_MILLIS
                : WOKEN_MILLIS;
    }

    private int maxMessageBytes() {
        int texts = 0;
        for (int i = 0; i < TextField.COUNT; i++) {
            texts += TextField.at(i).maxBytes();
        }
        return RequestFrame.HEADER_BYTES + texts + admitter.maxBodyBytes();
    }

    private void run() {
        try {
            stages.begin();
            while (!stopping) {
                int work = loop.turn();
                idle.after(stages.turn() ? work + 1 : work, loop.blocked());
            }
        } catch (Throwable e) {
            problem = "the Aeron door stopped: " + e;
            LOG.error("aeron: the door's thread ends", e);
        } finally {
            stages.end();
            ended.countDown();
        }
    }

    /** Why no requests are taken any more; empty while they are. */
    public String problem() {
        return problem;
    }

    /** Where clients find it, for people. */
    public String address() {
        String directory = AeronConnection.directory(config);
        return config.endpoint() == null
                ? "aeron:ipc in " + directory
                : "aeron:ipc in " + directory + " and aeron:udp at " + config.endpoint();
    }

    /** From here on requests get 503; those that run go on. */
    public void drain() {
        admitter.drain();
    }

    /** Takes nothing more, and ends the thread. */
    public void stop() {
        stopping = true;
        sleep.wake();
        try {
            if (!ended.await(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.error("aeron: the door's thread still runs after {} ms", STOP_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes every stream and removes the embedded driver's folder; no reply thread may run. */
    @Override
    public void close() {
        stop();
        release();
    }

    private void release() {
        connection.close();
        sleep.close();
    }
}

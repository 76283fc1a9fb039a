package dev.millrace.ingress.http;

import dev.millrace.config.HttpConfig;
import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.Rings;
import io.undertow.UndertowOptions;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpOpenListener;
import io.undertow.server.protocol.http2.Http2UpgradeHandler;
import io.undertow.util.SameThreadExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;

/**
 * Listens for HTTP/1.1 and HTTP/2 in clear text, and puts requests into the ring. Owns: the I/O
 * threads {@code door I/O-n}, the accepting thread, and one worker for what takes long.
 */
public final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);
    private static final int CPUS_PER_IO_THREAD = 4;
    private static final int BUFFER_BYTES = 16 << 10;
    private static final int BACKLOG = 1024;
    private static final long STOP_MILLIS = 10_000;

    private final XnioWorker worker;
    private final HttpOpenListener listener;
    private final AcceptingChannel<StreamConnection> server;
    private final DefaultByteBufferPool buffers;
    private final ReplyPool replies;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean draining;

    /**
     * Begins to listen.
     *
     * @param metrics renders the text of {@code /metrics}; called on the worker
     * @param wallClock for arrival times
     * @param clock for stamps
     * @param version of the server, told to clients
     * @throws IOException where the address cannot be bound; the message names it
     */
    public static HttpDoor start(
            HttpConfig config,
            Rings rings,
            ModelCatalog catalog,
            Health health,
            Supplier<String> metrics,
            EpochNanoClock wallClock,
            NanoClock clock,
            String version)
            throws IOException {
        return new HttpDoor(config, rings, catalog, health, metrics, wallClock, clock, version);
    }

    private HttpDoor(
            HttpConfig config,
            Rings rings,
            ModelCatalog catalog,
            Health health,
            Supplier<String> metrics,
            EpochNanoClock wallClock,
            NanoClock clock,
            String version)
            throws IOException {
        int ioThreads = ioThreads(config);
        worker = worker(ioThreads);
        buffers = new DefaultByteBufferPool(true, BUFFER_BYTES, -1, 4);

        replies = new ReplyPool(Runtime.getRuntime().maxMemory() / 4);
        var door =
                new DoorServices(
                        config,
                        rings.requestPublisher(),
                        rings.counters(),
                        replies,
                        clock,
                        wallClock,
                        () -> draining,
                        LOG);
        var sink = new HttpReplySink(replies, config.streamBufferBytes());
        var admitter = new RequestAdmitter(door, rings, sink);
        var routes =
                new HttpRoutes(
                        admitter,
                        new HeaderLimits(config),
                        catalog,
                        new ModelMetadata(version),
                        health,
                        metrics);
        var threads = new DoorThread[ioThreads];
        for (int i = 0; i < ioThreads; i++) {
            threads[i] =
                    new DoorThread(
                            worker.getIoThread(i),
                            admitter.slotBytes(),
                            rings.inFlight().capacity());
        }
        HttpHandler calls =
                exchange -> {
                    DoorThread thread = threads[exchange.getIoThread().getNumber()];
                    exchange.dispatch(
                            SameThreadExecutor.INSTANCE,
                            new HttpExchangeCall(exchange, thread, door, routes));
                };
        listener = new HttpOpenListener(buffers, protocol(config));
        listener.setRootHandler(upgrading(calls));
        server = listen(config);
        LOG.info(
                "door: {} I/O threads, bodies up to {} bytes, heads up to {} bytes, unread answers"
                        + " up to {} bytes",
                ioThreads,
                config.maxBodyBytes(),
                config.maxHeaderBytes(),
                Runtime.getRuntime().maxMemory() / 4);
    }

    /** Threads that the configuration asks for. */
    public static int ioThreads(HttpConfig config) {
        return config.ioThreads() > 0
                ? config.ioThreads()
                : Math.max(1, Runtime.getRuntime().availableProcessors() / CPUS_PER_IO_THREAD);
    }

    private static XnioWorker worker(int ioThreads) throws IOException {
        return Xnio.getInstance(HttpDoor.class.getClassLoader())
                .createWorker(
                        OptionMap.builder()
                                .set(Options.WORKER_NAME, "door")
                                .set(Options.WORKER_IO_THREADS, ioThreads)
                                .set(Options.WORKER_TASK_CORE_THREADS, 1)
                                .set(Options.WORKER_TASK_MAX_THREADS, 1)
                                .set(Options.THREAD_DAEMON, true)
                                .set(Options.TCP_NODELAY, true)
                                .getMap());
    }

    private static OptionMap protocol(HttpConfig config) {
        return OptionMap.builder()
                .set(UndertowOptions.ENABLE_HTTP2, true)
                .set(UndertowOptions.MAX_HEADERS, config.maxHeaders() * HeaderLimits.SLACK)
                .set(UndertowOptions.MAX_HEADER_SIZE, config.maxHeaderBytes() * HeaderLimits.SLACK)
                .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, config.bodyTimeoutMillis())
                .set(UndertowOptions.NO_REQUEST_TIMEOUT, config.idleTimeoutMillis())
                // Names in paths are decoded per segment.
                .set(UndertowOptions.DECODE_URL, false)
                // AnswerHead says so to who has to be told.
                .set(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                // An answer leaves when it is there, not when the next one is.
                .set(UndertowOptions.BUFFER_PIPELINED_DATA, false)
                .getMap();
    }

    /**
     * Takes an upgrade to HTTP/2 on requests without a body only: Undertow would otherwise collect
     * the body itself, outside our limits.
     */
    private static HttpHandler upgrading(HttpHandler calls) {
        var upgrade = new Http2UpgradeHandler(calls);
        return (HttpServerExchange exchange) ->
                (exchange.isRequestComplete() ? upgrade : calls).handleRequest(exchange);
    }

    private AcceptingChannel<StreamConnection> listen(HttpConfig config) throws IOException {
        var address = new InetSocketAddress(config.host(), config.port());
        try {
            AcceptingChannel<StreamConnection> accepting =
                    worker.createStreamConnectionServer(
                            address,
                            ChannelListeners.openListenerAdapter(listener),
                            OptionMap.builder()
                                    .set(Options.TCP_NODELAY, true)
                                    .set(Options.REUSE_ADDRESSES, true)
                                    .set(Options.BACKLOG, BACKLOG)
                                    .getMap());
            accepting.resumeAccepts();
            return accepting;
        } catch (IOException | RuntimeException e) {
            worker.shutdownNow();
            throw new IOException(
                    "cannot listen on "
                            + config.host()
                            + ":"
                            + config.port()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** The port listened on. */
    public int port() {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    /** The first I/O thread, for tasks that are taken between two looks at its sockets. */
    public Executor ioThread() {
        return worker.getIoThread(0);
    }

    /** Bytes of answers that are in no socket yet, for gauges and leak checks. */
    public long unsentBytes() {
        return replies.unsentBytes();
    }

    /**
     * From here on requests to execute get 503; those that run go on, and health says not ready.
     */
    public void drain() {
        draining = true;
    }

    /** Stops listening, closes every connection and ends the threads; cancels what still runs. */
    @Override
    public void close() {
        draining = true;
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        IoUtils.safeClose(server);
        listener.closeConnections();
        for (int i = 0; i < worker.getIoThreadCount(); i++) {
            settle(worker.getIoThread(i));
        }
        worker.shutdownNow();
        try {
            if (!worker.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.error("door: threads still run {} ms after they were stopped", STOP_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        buffers.close();
    }

    /** Waits until an I/O thread has done what it was asked so far. */
    private static void settle(XnioIoThread thread) {
        var done = new CountDownLatch(1);
        thread.execute(done::countDown);
        try {
            if (!done.await(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
                LOG.error("{} does not answer", thread.getName());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

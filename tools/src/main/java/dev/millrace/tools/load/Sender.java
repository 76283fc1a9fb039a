package dev.millrace.tools.load;

import dev.millrace.tools.Failures;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over HTTP/1.1 and reads their answers to the end, each on a virtual thread of its
 * own. Connections are kept and used again.
 *
 * <p>The schedule's thread sends and closes; what becomes of a request is told on its own thread.
 */
final class Sender<T> implements OpenLoop.Target<T>, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final ExecutorService exchanges = Executors.newVirtualThreadPerTaskExecutor();
    private final ExecutorService cancels = Executors.newVirtualThreadPerTaskExecutor();
    private final ExecutorService clientThreads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpClient client;
    private final String base;
    private final Speed speed;
    private final Semaphore room;
    private final @Nullable String apiKey;
    private final Function<T, Outgoing> outgoing;
    private final Consumer<Exchange<T>> done;

    /**
     * @param base scheme, host and port
     * @param connections requests under way at once; one that finds none free waits, and is late
     * @param apiKey sent with every request, or null
     * @param outgoing what is sent of a request
     * @param done told of every request once, from any thread
     */
    Sender(
            URI base,
            Speed speed,
            int connections,
            @Nullable String apiKey,
            Function<T, Outgoing> outgoing,
            Consumer<Exchange<T>> done) {
        this.base = base.getScheme() + "://" + base.getRawAuthority();
        this.speed = speed;
        this.room = new Semaphore(connections);
        this.apiKey = apiKey;
        this.outgoing = outgoing;
        this.done = done;
        this.client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(PATIENCE)
                        .executor(clientThreads)
                        .build();
    }

    /**
     * Asks the server for its models, whatever it answers: so that the first request pays for no
     * first use of anything.
     *
     * @throws IOException where nothing answers
     */
    void warmUp() throws IOException, InterruptedException {
        URI uri = URI.create(base + "/v1/models");
        try {
            client.send(
                    HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
                    BodyHandlers.discarding());
        } catch (IOException e) {
            throw new IOException("nothing answers at " + base + ": " + Failures.oneLine(e), e);
        }
    }

    @Override
    public void awaitRoom() throws InterruptedException {
        room.acquire();
    }

    @Override
    public void send(T request, long dueNanos) {
        exchanges.execute(() -> exchange(request, dueNanos));
    }

    /** Returns when every request that was sent has its answer. */
    void awaitEnd() throws InterruptedException {
        exchanges.shutdown();
        while (!exchanges.awaitTermination(1, TimeUnit.MINUTES)) {
            // Each exchange ends by itself.
        }
    }

    private void exchange(T request, long dueNanos) {
        var attempt = new Attempt(outgoing.apply(request));
        try {
            if (!speed.isMax()) {
                room.acquire();
            }
            try {
                attempt.run();
            } finally {
                room.release();
            }
        } catch (InterruptedException e) {
            attempt.answer = Answer.failed(0, "given up");
        }
        long endNanos = System.nanoTime();
        done.accept(
                new Exchange<>(
                        request,
                        attempt.answer,
                        attempt.sentNanos - dueNanos,
                        attempt.firstTextNanos < 0 ? -1 : attempt.firstTextNanos - dueNanos,
                        endNanos - dueNanos,
                        attempt.cancelled));
    }

    /** One request on its thread, and the thread that makes its client go away. */
    private final class Attempt {
        private final Outgoing request;
        private final Thread thread = Thread.currentThread();
        private final boolean mayCancel;
        private Answer answer = Answer.failed(0, "not sent");
        private long sentNanos = System.nanoTime();
        private long firstTextNanos = -1;
        private boolean cancelled;

        /** Guarded by this: whether an interrupt may still come, and whether it has. */
        private boolean over;

        private boolean interrupted;

        Attempt(Outgoing request) {
            this.request = request;
            this.mayCancel =
                    request.cancelNanos() >= 0 && request.cancelNanos() < PATIENCE.toNanos();
        }

        void run() {
            sentNanos = System.nanoTime();
            long lastNanos = sentNanos + (mayCancel ? request.cancelNanos() : PATIENCE.toNanos());
            Future<?> cancel = cancels.submit(() -> hangUp(lastNanos));
            try {
                HttpResponse<InputStream> response =
                        client.send(http(), BodyHandlers.ofInputStream());
                answer =
                        AnswerReader.read(
                                request.route(), response, nanos -> firstTextNanos = nanos);
            } catch (IOException | InterruptedException e) {
                answer = Answer.failed(0, Failures.oneLine(e));
            } catch (IllegalArgumentException e) {
                answer = Answer.failed(0, "cannot be sent: " + e.getMessage());
            }
            boolean gone = end();
            cancel.cancel(true);
            if (gone) {
                cancelled = mayCancel;
                answer =
                        Answer.failed(
                                0, mayCancel ? "cancelled" : "no whole answer within " + PATIENCE);
            }
        }

        private HttpRequest http() {
            var builder =
                    HttpRequest.newBuilder(URI.create(base + request.path()))
                            .POST(
                                    BodyPublishers.ofByteArray(
                                            request.body().array(),
                                            request.body().arrayOffset(),
                                            request.body().remaining()));
            request.headers().forEach(header -> builder.header(header.name(), header.value()));
            if (apiKey != null) {
                builder.header("authorization", "Bearer " + apiKey);
            }
            return builder.build();
        }

        /** Interrupting a request of the client's closes its connection. */
        private void hangUp(long nanos) {
            try {
                SendClock.SYSTEM.awaitUntil(nanos);
            } catch (InterruptedException e) {
                return;
            }
            synchronized (this) {
                if (!over) {
                    interrupted = true;
                    thread.interrupt();
                }
            }
        }

        /** No interrupt from here on; returns whether there was one. */
        private synchronized boolean end() {
            over = true;
            if (interrupted) {
                // It may have come behind the answer.
                Thread.interrupted();
            }
            return interrupted;
        }
    }

    @Override
    public void close() {
        exchanges.shutdownNow();
        cancels.shutdownNow();
        client.shutdownNow();
        clientThreads.shutdownNow();
        exchanges.close();
        cancels.close();
        client.close();
        clientThreads.close();
    }
}

package dev.millrace.tools.load;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One load of a server.
 *
 * @param server scheme, host and port
 * @param connections requests under way at once, at most
 * @param apiKey sent with every request, or null
 */
public record Load(URI server, Speed speed, int connections, @Nullable String apiKey) {
    /**
     * Sends every request and waits for the last answer. Runs on the caller's thread.
     *
     * @param offsetNanos of a request from the beginning of the schedule; never falls
     * @param outgoing what is sent of it, made when it is due
     * @param done told of every request once, from any thread
     * @return seconds from the first request to the last answer
     * @throws IOException where nothing answers at the server's address
     */
    public <T> double run(
            List<T> requests,
            ToLongFunction<T> offsetNanos,
            Function<T, Outgoing> outgoing,
            Consumer<Exchange<T>> done,
            Progress progress)
            throws IOException, InterruptedException {
        Consumer<Exchange<T>> ended =
                exchange -> {
                    done.accept(exchange);
                    progress.ended();
                };
        try (var sender = new Sender<>(server, speed, connections, apiKey, outgoing, ended)) {
            sender.warmUp();
            long began = System.nanoTime();
            OpenLoop.run(requests, offsetNanos, speed, SendClock.SYSTEM, counted(sender, progress));
            sender.awaitEnd();
            return (System.nanoTime() - began) / 1e9;
        }
    }

    private static <T> OpenLoop.Target<T> counted(Sender<T> sender, Progress progress) {
        return new OpenLoop.Target<>() {
            @Override
            public void awaitRoom() throws InterruptedException {
                sender.awaitRoom();
            }

            @Override
            public void send(T request, long dueNanos) {
                sender.send(request, dueNanos);
                progress.sent();
            }
        };
    }
}

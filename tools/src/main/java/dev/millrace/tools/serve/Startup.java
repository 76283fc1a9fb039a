package dev.millrace.tools.serve;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** One part of the start that runs beside the others, on a thread of its own. */
final class Startup<T> {
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Startup(String thread, Callable<T> part) {
        Thread.ofPlatform().name(thread).daemon().start(() -> run(part));
    }

    private void run(Callable<T> part) {
        try {
            result.complete(part.call());
        } catch (Exception | Error e) {
            result.completeExceptionally(e);
        }
    }

    /** Returns when the part has ended, whatever came of it. */
    void await() {
        result.exceptionally(_ -> null).join();
    }

    /** What the part made; waits for it. Throws what it threw, as often as it is asked. */
    T get() {
        try {
            return result.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                case null, default -> throw e;
            }
        }
    }
}

package dev.millrace.stages.reply;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/** States of requests that ended, for those to come. Runs on: the {@code reply} thread. */
final class AnswerPool<T> {
    private static final int KEPT = 64;

    private final ArrayDeque<T> free = new ArrayDeque<>();
    private final Supplier<T> maker;

    AnswerPool(Supplier<T> maker) {
        this.maker = maker;
    }

    T take() {
        T reused = free.poll();
        return reused == null ? maker.get() : reused;
    }

    void give(T ended) {
        if (free.size() < KEPT) {
            free.push(ended);
        }
    }
}

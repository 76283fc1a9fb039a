package dev.millrace.tools.serve;

import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.Pipeline;
import java.util.List;
import java.util.function.Supplier;

/**
 * Alive while every stage thread and lane runs; ready until the drain begins. A journal that cannot
 * be written is told of and leaves the server ready: only a request can find that it is well again.
 */
final class ServerHealth implements Health {
    private final Pipeline pipeline;
    private final Supplier<String> journalProblem;
    private volatile boolean draining;

    ServerHealth(Pipeline pipeline, Supplier<String> journalProblem) {
        this.pipeline = pipeline;
        this.journalProblem = journalProblem;
    }

    void draining() {
        draining = true;
    }

    @Override
    public boolean live() {
        return pipeline.stopped().isEmpty();
    }

    @Override
    public boolean ready() {
        return !draining && live();
    }

    @Override
    public String detail() {
        List<String> stopped = pipeline.stopped();
        if (!stopped.isEmpty()) {
            return "stopped: " + String.join(", ", stopped);
        }
        if (draining) {
            return "draining";
        }
        String problem = journalProblem.get();
        return problem.isEmpty() ? "" : "journal: " + problem;
    }
}

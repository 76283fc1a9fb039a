package dev.millrace.tools.serve;

import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.Pipeline;
import java.util.List;
import java.util.function.Supplier;

/**
 * Alive while every stage thread, lane and door runs; ready until the drain begins. A journal that
 * cannot be written is told of and leaves the server ready: only a request can find that it is well
 * again.
 */
final class ServerHealth implements Health {
    private final Pipeline pipeline;
    private final Supplier<String> journalProblem;
    private final Supplier<String> doorProblem;
    private volatile boolean draining;

    /**
     * @param journalProblem why records cannot be written; empty while they can
     * @param doorProblem why a door stopped; empty while all are open
     */
    ServerHealth(Pipeline pipeline, Supplier<String> journalProblem, Supplier<String> doorProblem) {
        this.pipeline = pipeline;
        this.doorProblem = doorProblem;
        this.journalProblem = journalProblem;
    }

    void draining() {
        draining = true;
    }

    @Override
    public boolean live() {
        return pipeline.stopped().isEmpty() && doorProblem.get().isEmpty();
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
        String door = doorProblem.get();
        if (!door.isEmpty()) {
            return door;
        }
        if (draining) {
            return "draining";
        }
        String problem = journalProblem.get();
        return problem.isEmpty() ? "" : "journal: " + problem;
    }
}

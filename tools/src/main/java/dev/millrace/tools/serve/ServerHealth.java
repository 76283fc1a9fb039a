package dev.millrace.tools.serve;

import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.Pipeline;
import java.util.List;

/** Alive while every stage thread and lane runs; ready until the drain begins. */
final class ServerHealth implements Health {
    private final Pipeline pipeline;
    private volatile boolean draining;

    ServerHealth(Pipeline pipeline) {
        this.pipeline = pipeline;
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
        return draining ? "draining" : "";
    }
}

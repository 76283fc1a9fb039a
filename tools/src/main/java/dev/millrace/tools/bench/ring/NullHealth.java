package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.Pipeline;

/** Alive while every stage runs. */
record NullHealth(Pipeline pipeline) implements Health {
    @Override
    public boolean live() {
        return pipeline.stopped().isEmpty();
    }

    @Override
    public boolean ready() {
        return live();
    }

    @Override
    public String detail() {
        return String.join(", ", pipeline.stopped());
    }
}

package dev.millrace.ringbuffer;

/**
 * A thread runs the stages, as a door's does under the plan {@code run-to-completion}. To be closed
 * while that thread still takes tasks, that is before its door: the stages then run on a thread of
 * their own again.
 */
public interface Hosting extends AutoCloseable {
    @Override
    void close();
}

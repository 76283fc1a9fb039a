package dev.millrace.gpustage.guide;

import dev.millrace.ringbuffer.RequestStatus;
import org.jspecify.annotations.Nullable;

/**
 * A guide that was asked for. Written once by the compiling thread, read by the lane's: what the
 * other methods answer is there once {@link #state} is not PENDING.
 */
public final class Guided {
    /** How far a guide has come. */
    public enum State {
        PENDING,
        READY,
        FAILED
    }

    private volatile State state = State.PENDING;
    private @Nullable Guide guide;
    private RequestStatus status = RequestStatus.OK;
    private String message = "";

    Guided() {}

    static Guided refused(RequestStatus status, String message) {
        var refused = new Guided();
        refused.fail(status, message);
        return refused;
    }

    synchronized void ready(Guide compiled) {
        guide = compiled;
        state = State.READY;
        notifyAll();
    }

    synchronized void fail(RequestStatus why, String what) {
        status = why;
        message = what;
        state = State.FAILED;
        notifyAll();
    }

    /**
     * Waits until it is compiled or refused. For a replay, which knows that it was.
     *
     * @throws IllegalStateException where the thread is interrupted
     */
    public synchronized void await() {
        try {
            while (state == State.PENDING) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a form was compiled", e);
        }
    }

    public State state() {
        return state;
    }

    /**
     * The guide.
     *
     * @throws IllegalStateException where it is not READY
     */
    public Guide guide() {
        if (state != State.READY || guide == null) {
            throw new IllegalStateException("the guide is " + state);
        }
        return guide;
    }

    /** Why it FAILED: INVALID for a bad source, OVERLOADED where too many wait, INTERNAL. */
    public RequestStatus status() {
        return status;
    }

    /** What is wrong with the source and what is accepted, where it FAILED. */
    public String message() {
        return message;
    }

    long bytes() {
        return guide == null ? 0 : guide.bytes();
    }
}

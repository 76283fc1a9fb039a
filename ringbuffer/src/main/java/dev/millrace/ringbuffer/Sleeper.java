package dev.millrace.ringbuffer;

/** Who waits for work on a ring and is to be told of it. */
interface Sleeper {
    /**
     * Any thread. Returns whether somebody was, or was about to be, waiting who has work: waking a
     * thread for nothing costs both sides some microseconds.
     */
    boolean wakeIfParked();
}

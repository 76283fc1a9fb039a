package dev.millrace.tools.load;

import java.util.concurrent.locks.LockSupport;

/** The time that requests are sent by. */
public interface SendClock {
    /** The monotonic clock of this machine. */
    SendClock SYSTEM =
            new SendClock() {
                @Override
                public long nanoTime() {
                    return System.nanoTime();
                }

                @Override
                public void awaitUntil(long nanos) throws InterruptedException {
                    long left = nanos - System.nanoTime();
                    while (left > 0) {
                        LockSupport.parkNanos(left);
                        if (Thread.interrupted()) {
                            throw new InterruptedException();
                        }
                        left = nanos - System.nanoTime();
                    }
                }
            };

    /** Nanoseconds since an arbitrary origin. */
    long nanoTime();

    /** Returns when {@link #nanoTime} has reached {@code nanos}; at once where it has already. */
    void awaitUntil(long nanos) throws InterruptedException;
}

package dev.millrace.tools.load;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;

/** A line now and then while a load runs. Any thread. */
public final class Progress {
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final PrintWriter out;
    private final int total;
    private int sent;
    private int ended;
    private long saidNanos = System.nanoTime();

    /**
     * @param total requests of the load
     */
    public Progress(PrintWriter out, int total) {
        this.out = out;
        this.total = total;
    }

    synchronized void sent() {
        sent++;
        say();
    }

    synchronized void ended() {
        ended++;
        say();
    }

    private void say() {
        long now = System.nanoTime();
        if (now - saidNanos >= PERIOD_NANOS) {
            saidNanos = now;
            out.println("%d of %d sent, %d ended".formatted(sent, total, ended));
            out.flush();
        }
    }
}

package dev.millrace.tools.bench.doors;

import java.io.IOException;

/** Asks the same of one server through one door. Owned by the thread that asks. */
interface Asker extends AutoCloseable {
    /** What the report calls the door. */
    String name();

    /**
     * Sends one request and returns when its answer is there.
     *
     * @throws IllegalStateException where the answer is not the right one
     */
    void ask() throws IOException;

    @Override
    void close() throws IOException;
}

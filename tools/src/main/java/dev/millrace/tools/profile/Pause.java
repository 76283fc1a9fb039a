package dev.millrace.tools.profile;

/**
 * A time in which no Java thread ran.
 *
 * @param gc whether for a collection; else for another operation of the JVM
 */
record Pause(boolean gc, long beginNanos, long endNanos) {
    long nanos() {
        return endNanos - beginNanos;
    }
}

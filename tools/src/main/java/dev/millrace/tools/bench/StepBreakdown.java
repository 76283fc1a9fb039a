package dev.millrace.tools.bench;

/**
 * Where the mean step spends its time.
 *
 * @param planMillis deciding what the step computes
 * @param modelMillis the native call
 * @param sampleMillis choosing tokens and publishing them
 * @param restMillis all else: starting generations, filling the call's arguments, counters
 * @param outsideModelShare part of the step that is not the native call
 */
record StepBreakdown(
        double planMillis,
        double modelMillis,
        double sampleMillis,
        double restMillis,
        double outsideModelShare) {
    /** Of the sums over {@code steps} steps, in nanoseconds. */
    static StepBreakdown of(
            long steps, long planNanos, long modelNanos, long sampleNanos, long stepNanos) {
        if (steps == 0 || stepNanos == 0) {
            return new StepBreakdown(0, 0, 0, 0, 0);
        }
        double millis = 1e6 * steps;
        return new StepBreakdown(
                planNanos / millis,
                modelNanos / millis,
                sampleNanos / millis,
                (stepNanos - planNanos - modelNanos - sampleNanos) / millis,
                (double) (stepNanos - modelNanos) / stepNanos);
    }
}

package dev.millrace.tools.profile;

/**
 * One execution of a lane.
 *
 * @param entries generations of a step, texts or requests of a batch
 * @param tokens computed, prompts included
 */
record StepSample(String lane, long beginNanos, long endNanos, int entries, int tokens) {
    long nanos() {
        return endNanos - beginNanos;
    }

    /** Of its tokens, how many were a prompt's: a running text adds one to a step. */
    double promptShare() {
        return tokens <= entries ? 0 : (double) (tokens - entries) / tokens;
    }
}

package dev.millrace.tools.profile;

import java.util.List;

/**
 * A request that ended.
 *
 * @param beginNanos when it arrived, since the epoch or of the monotonic clock on record
 * @param firstTokenNanos from its arrival; 0 where no token was made
 * @param stageNanos how long each stage of the profile had it; they sum to its life
 */
record RequestSample(
        String id,
        String model,
        String status,
        int promptTokens,
        int completionTokens,
        long beginNanos,
        long firstTokenNanos,
        List<Long> stageNanos) {
    long totalNanos() {
        return sum(stageNanos);
    }

    long endNanos() {
        return beginNanos + totalNanos();
    }

    /** When a stage took it over. */
    long stageBegin(int stage) {
        return beginNanos + sum(stageNanos.subList(0, stage));
    }

    private static long sum(List<Long> nanos) {
        return nanos.stream().mapToLong(Long::longValue).sum();
    }
}

package dev.millrace.config;

import java.util.List;

/**
 * How requests for fixed-shape models are executed together, where the model itself says nothing.
 * Keys {@code batch.*}.
 *
 * @param maxRows most rows in one execution
 * @param maxTokens most tokens in one execution of an embedding model, with padding: what bounds
 *     how long a short text may wait for others. A longer text is executed alone
 * @param maxDelayMicros how long the oldest request may wait for company; 0 takes what is there
 *     when the lane is free
 * @param preferredRows row counts that are executed at once; empty for none
 */
public record BatchConfig(
        int maxRows, int maxTokens, int maxDelayMicros, List<Integer> preferredRows) {
    public BatchConfig {
        Check.inRange("batch.max-rows", maxRows, 1, 65_536);
        Check.inRange("batch.max-tokens", maxTokens, 1, 1 << 20);
        Check.inRange("batch.max-delay-micros", maxDelayMicros, 0, 10_000_000);
        for (int rows : preferredRows) {
            Check.inRange("batch.preferred-rows", rows, 1, maxRows);
        }
        preferredRows = List.copyOf(preferredRows);
    }

    public static BatchConfig defaults() {
        return new BatchConfig(32, 1024, 0, List.of());
    }
}

package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * The journal. Keys {@code journal.*}.
 *
 * @param enabled whether requests and answers are recorded
 * @param dir folder of the queue; absent makes a temporary one
 * @param rollCycle how often a file is begun
 * @param blockBytes the queue's mapped block; a record may be at most a quarter of it
 */
public record JournalConfig(
        boolean enabled, @Nullable String dir, RollCycle rollCycle, int blockBytes) {

    /** How often a file is begun. */
    public enum RollCycle {
        MINUTELY,
        HOURLY,
        DAILY
    }

    public JournalConfig {
        Check.powerOfTwo("journal.block-bytes", blockBytes, 1 << 20, 1 << 30);
    }

    public static JournalConfig defaults() {
        return new JournalConfig(true, null, RollCycle.HOURLY, 64 << 20);
    }
}

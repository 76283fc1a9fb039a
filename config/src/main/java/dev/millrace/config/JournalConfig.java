package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * The journal. Keys {@code journal.*}.
 *
 * @param enabled whether requests and answers are recorded
 * @param dir folder of the queue; absent makes a temporary one
 * @param rollCycle how often a file is begun
 * @param blockBytes the queue's mapped block, at least; a record may be at most a quarter of it, so
 *     that the journal takes a larger one where {@code http.max-body-bytes} needs it
 * @param maxOutputBytes a vector or tensor of an answer up to this size is recorded whole; of a
 *     larger one only its SHA-256
 */
public record JournalConfig(
        boolean enabled,
        @Nullable String dir,
        RollCycle rollCycle,
        int blockBytes,
        int maxOutputBytes) {

    /** How often a file is begun. */
    public enum RollCycle {
        MINUTELY,
        HOURLY,
        DAILY
    }

    public JournalConfig {
        Check.powerOfTwo("journal.block-bytes", blockBytes, 1 << 20, 1 << 30);
        Check.inRange("journal.max-output-bytes", maxOutputBytes, 0, 16 << 20);
    }

    public static JournalConfig defaults() {
        return new JournalConfig(true, null, RollCycle.HOURLY, 64 << 20, 64 << 10);
    }
}

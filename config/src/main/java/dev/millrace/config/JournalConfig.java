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
 * @param store what is kept of requests and answers
 * @param durability what a record on record survives
 * @param onFailure what happens to requests while records cannot be written
 * @param repeatableRequests the newest requests with an {@code Idempotency-Key}, and the newest
 *     streams, that are known again when they come a second time; 0 for none
 * @param retainBytes the oldest files are removed while all hold more; 0 for no bound
 * @param retainHours files whose last record is older are removed; 0 for no bound
 */
public record JournalConfig(
        boolean enabled,
        @Nullable String dir,
        RollCycle rollCycle,
        int blockBytes,
        int maxOutputBytes,
        Store store,
        Durability durability,
        OnFailure onFailure,
        int repeatableRequests,
        long retainBytes,
        int retainHours) {
    private static final int REPEATABLE_REQUESTS = 1 << 16;

    /** What happens to requests while records cannot be written. */
    public enum OnFailure {
        /** They are answered 503: nothing is executed or answered that is not on record. */
        REFUSE,
        /** They are served; the journal says afterwards how many records it lacks. */
        SERVE_UNJOURNALLED
    }

    /** What a record on record survives. */
    public enum Durability {
        /** {@code kill -9}: it is in the page cache. A power cut may lose the last seconds. */
        PAGE_CACHE,
        /**
         * A power cut too: a lane executes nothing and no answer leaves before every record that it
         * depends on is on the disk, as far as the disk tells the truth. Costs a sync for each turn
         * of a lane and each batch of answers.
         */
        FSYNC_BATCH
    }

    /** What is kept of requests and answers. */
    public enum Store {
        /** All of it: the journal can be replayed. */
        FULL,
        /**
         * SHA-256 and length of bodies, of the token ids of each text and of vectors and tensors;
         * no error messages, which may quote a body. Who has a body or an answer can show that it
         * is the one on record; what can be guessed can be confirmed.
         */
        HASH
    }

    /** How often a file is begun. */
    public enum RollCycle {
        MINUTELY,
        HOURLY,
        DAILY
    }

    public JournalConfig {
        Check.powerOfTwo("journal.block-bytes", blockBytes, 1 << 20, 1 << 30);
        Check.inRange("journal.max-output-bytes", maxOutputBytes, 0, 16 << 20);
        Check.inRange("journal.repeatable-requests", repeatableRequests, 0, 1 << 20);
        Check.inRange("journal.retain-bytes", retainBytes, 0, 1L << 50);
        Check.inRange("journal.retain-hours", retainHours, 0, 24 * 36_500);
    }

    /** With the default number of repeatable requests, and all files kept. */
    public JournalConfig(
            boolean enabled,
            @Nullable String dir,
            RollCycle rollCycle,
            int blockBytes,
            int maxOutputBytes,
            Store store,
            Durability durability,
            OnFailure onFailure) {
        this(
                enabled,
                dir,
                rollCycle,
                blockBytes,
                maxOutputBytes,
                store,
                durability,
                onFailure,
                REPEATABLE_REQUESTS,
                0,
                0);
    }

    /** The same in another folder. */
    public JournalConfig withDir(String folder) {
        return with(folder, repeatableRequests, retainBytes, retainHours);
    }

    /** The same with another number of repeatable requests. */
    public JournalConfig withRepeatableRequests(int count) {
        return with(dir, count, retainBytes, retainHours);
    }

    /** The same with other bounds on what is kept. */
    public JournalConfig withRetention(long bytes, int hours) {
        return with(dir, repeatableRequests, bytes, hours);
    }

    private JournalConfig with(
            @Nullable String folder, int repeatable, long keptBytes, int keptHours) {
        return new JournalConfig(
                enabled,
                folder,
                rollCycle,
                blockBytes,
                maxOutputBytes,
                store,
                durability,
                onFailure,
                repeatable,
                keptBytes,
                keptHours);
    }

    public static JournalConfig defaults() {
        return new JournalConfig(
                true,
                null,
                RollCycle.HOURLY,
                64 << 20,
                64 << 10,
                Store.FULL,
                Durability.PAGE_CACHE,
                OnFailure.REFUSE);
    }
}

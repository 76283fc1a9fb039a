package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.Durability;
import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import net.openhft.chronicle.core.time.TimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the journal is brought to the disk. */
class JournalDurabilityTest {
    @TempDir Path folder;

    private Run run(Durability durability, TimeProvider time) {
        return new Run(Run.config(folder, RollCycle.MINUTELY, Store.FULL, durability), time);
    }

    private static long syncs(Run run) {
        return run.counters.get(Counter.JOURNAL_SYNCS);
    }

    @Test
    void shouldSyncOncePerTurnAndOncePerBatchOfAnswers() throws Exception {
        try (Run run = run(Durability.FSYNC_BATCH, SystemTimeProvider.INSTANCE)) {
            assertThat(syncs(run)).as("the run's beginning").isEqualTo(1);
            RequestContext context = run.request("a", "{}");
            run.decision(context, slot -> {});
            assertThat(syncs(run)).as("nobody acts on these alone").isEqualTo(1);
            run.step(0, context, 3);
            assertThat(syncs(run)).isEqualTo(2);

            for (int i = 0; i < 100; i++) {
                long sequence =
                        run.rings
                                .replyPublisher()
                                .open(ReplySlot.Kind.EMBEDDING, context, Float.BYTES);
                ReplySlot slot = run.rings.replyPublisher().slot(sequence);
                slot.count = 1;
                run.rings.replyPublisher().publish(sequence);
                run.replies.onEvent(slot, sequence, i % 50 == 49);
                slot.payload.release();
            }
            assertThat(syncs(run)).isEqualTo(4);
        }
        assertThat(JournalVerifier.verify(folder, List.of()).records()).isEqualTo(104);
    }

    @Test
    void shouldNotSyncWhereRecordsAreToSurviveTheProcessAlone() throws Exception {
        try (Run run = run(Durability.PAGE_CACHE, SystemTimeProvider.INSTANCE)) {
            RequestContext context = run.request("a", "{}");
            run.step(0, context, 1);
            run.tokens(context, true, 1);
            assertThat(syncs(run)).isZero();
        }
    }

    @Test
    void shouldGoOnSyncingInTheNextFile() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");
        try (Run run = run(Durability.FSYNC_BATCH, time)) {
            for (int i = 0; i < 3; i++) {
                RequestContext context = run.request("r" + i, "{}");
                time.advanceMillis(60_000);
                run.tokens(context, true, i);
            }
            assertThat(syncs(run)).isEqualTo(4);
        }
        assertThat(JournalFolder.files(folder)).hasSize(4);
        assertThat(JournalVerifier.verify(folder, List.of("r0", "r1", "r2")).sound()).isTrue();
    }

    @Test
    void shouldSyncEveryFileThatHoldsWhatWasNotSynced() throws Exception {
        List<Long> sizes = new ArrayList<>();
        Counters counters = new Counters();
        try (JournalSync sync = new JournalSync(counters, file -> sizes.add(file.size()))) {
            for (int bytes = 1; bytes <= 3; bytes++) {
                Path file = Files.write(folder.resolve(bytes + ".cq4"), new byte[bytes]);
                sync.writingTo(file.toFile());
                sync.committed(bytes);
            }
            sync.sync(2);
            assertThat(sizes).containsExactly(1L, 2L, 3L);
            sync.sync(3);
            assertThat(sizes).as("covered by the call before").hasSize(3);
            sync.committed(4);
            sync.sync(4);
            assertThat(sizes).containsExactly(1L, 2L, 3L, 3L);
        }
    }

    @Test
    void shouldNeverClaimAgainThatRecordsAreOnADiskThatFailedOnce() throws Exception {
        boolean[] full = {true};
        Counters counters = new Counters();
        Path file = Files.write(folder.resolve("a.cq4"), new byte[1]);
        try (JournalSync sync =
                new JournalSync(
                        counters,
                        channel -> {
                            if (full[0]) {
                                throw new IOException("No space left on device");
                            }
                        })) {
            sync.writingTo(file.toFile());
            sync.committed(1);
            assertThatThrownBy(() -> sync.sync(1)).hasMessageContaining("No space left");
            full[0] = false;
            assertThatThrownBy(() -> sync.sync(1)).hasMessageContaining("restart");
            assertThat(counters.get(Counter.JOURNAL_SYNCS)).isZero();
        }
    }
}

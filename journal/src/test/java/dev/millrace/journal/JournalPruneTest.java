package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import net.openhft.chronicle.core.time.SetTimeProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal whose oldest files are removed. */
class JournalPruneTest {
    @TempDir Path folder;

    private final SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");

    /** A file for each, in one run; a request begins in one file and is answered in the next. */
    private void write(Run run, String... names) throws Exception {
        for (String name : names) {
            RequestContext context = run.request(name, "{}");
            time.advanceMillis(60_000);
            run.tokens(context, true, 1, 2);
        }
    }

    private void write(String... names) throws Exception {
        try (Run run = new Run(folder, RollCycle.MINUTELY, time)) {
            write(run, names);
        }
    }

    private JournalVerifier.Report verify() {
        return JournalVerifier.verify(folder, List.of());
    }

    private List<Path> files() throws Exception {
        return JournalFolder.files(folder);
    }

    @Test
    void shouldLeaveAJournalThatFollowsFromWhatWasRemoved() throws Exception {
        write("a", "b", "c", "d");
        String head = verify().head();
        List<Path> before = files();
        assertThat(before).hasSize(5);

        JournalPruner.Report report = JournalPruner.prune(folder, 1, 0, false);

        assertThat(report.files()).containsExactlyElementsOf(before.subList(0, 4));
        assertThat(files()).containsExactly(before.getLast());
        JournalVerifier.Report left =
                JournalVerifier.verify(folder, List.of(), HexFormat.of().parseHex(head));
        assertThat(left.beginning()).isEqualTo(JournalReader.Beginning.PRUNED);
        assertThat(left.sound()).isTrue();
        assertThat(left.firstRecord()).isEqualTo(8);
        PruneNote note = Objects.requireNonNull(left.pruned());
        assertThat(note.files()).isEqualTo(4);
        assertThat(note.nextRecord()).isEqualTo(8);
        assertThat(note.bytes()).isEqualTo(report.bytes());
    }

    @Test
    void shouldGoOnAndBePrunedAgain() throws Exception {
        write("a", "b");
        JournalPruner.prune(folder, 1, 0, false);
        time.advanceMillis(60_000);
        write("c");
        assertThat(verify().sound()).isTrue();
        JournalPruner.prune(folder, 1, 0, false);
        assertThat(files()).hasSize(1);
        assertThat(verify().sound()).isTrue();
        assertThat(verify().beginning()).isEqualTo(JournalReader.Beginning.PRUNED);
    }

    @Test
    void shouldFindAFileThatWasTakenOutWithoutANote() throws Exception {
        write("a", "b", "c");
        JournalPruner.prune(folder, Long.MAX_VALUE >> 8, Run.WALL + 1_004, false);
        assertThat(files()).hasSize(3);
        assertThat(verify().sound()).isTrue();
        Files.delete(files().getFirst());
        assertThat(verify().beginning()).isEqualTo(JournalReader.Beginning.MISSING);
        assertThat(verify().sound()).isFalse();
    }

    @Test
    void shouldFindWhatWasChangedRightBehindWhatWasRemoved() throws Exception {
        write("a", "b");
        JournalPruner.prune(folder, 1, 0, false);
        Path file = files().getFirst();
        long first;
        try (JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            first = reader.framePosition();
        }
        byte[] frame = Frames.read(file, first);
        frame[Frames.HEAD + JournalRecord.REQUEST_ID_OFFSET]++;
        Frames.write(file, first, Frames.withChecksums(frame));
        assertThat(verify().sound()).isFalse();
    }

    @Test
    void shouldHoldWhereTheRemoverDiedBetweenItsNoteAndItsDeed() throws Exception {
        write("a", "b", "c");
        for (int i = 0; i < 3; i++) {
            Path oldest = files().getFirst();
            byte[] bytes = Files.readAllBytes(oldest);
            long kept = verify().bytes();
            JournalPruner.prune(folder, 0, olderThanTheSecond(), false);
            assertThat(oldest).doesNotExist();
            Files.write(oldest, bytes);
            assertThat(verify().sound()).as("file %d is there again", i).isTrue();
            assertThat(verify().bytes()).isEqualTo(kept);
            Files.delete(oldest);
            assertThat(verify().sound()).isTrue();
        }
    }

    private long olderThanTheSecond() throws Exception {
        return FileEnd.of(files().get(1), false).wallNanos();
    }

    @Test
    void shouldRemoveNothingWhereItOnlySaysWhatItWould() throws Exception {
        write("a", "b");
        assertThat(JournalPruner.prune(folder, 1, 0, true).files()).hasSize(2);
        assertThat(files()).hasSize(3);
        assertThat(verify().beginning()).isEqualTo(JournalReader.Beginning.WHOLE);
    }

    @Test
    void shouldNotHideDamage() throws Exception {
        write("a", "b");
        Path oldest = files().getFirst();
        byte[] bytes = Files.readAllBytes(oldest);
        int last = bytes.length - 1;
        while (bytes[last] == 0) {
            last--;
        }
        bytes[last - 60] ^= 1;
        Files.write(oldest, bytes);
        assertThatThrownBy(() -> JournalPruner.prune(folder, 1, 0, false))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("what is damaged is not pruned");
        assertThat(files()).hasSize(3);
    }

    @Test
    void shouldLeaveTheJournalOfARunningServerToThat() throws Exception {
        try (Run run = new Run(folder, RollCycle.MINUTELY, time)) {
            write(run, "a", "b");
            assertThatThrownBy(() -> JournalPruner.prune(folder, 1, 0, false))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("journal.retain-bytes");
        }
    }

    @Test
    void shouldBePrunedByItsServerWheneverAFileIsBegun() throws Exception {
        var config = Run.config(folder, RollCycle.MINUTELY, Store.FULL).withRetention(1, 0);
        try (Run run = new Run(config, time)) {
            for (String name : List.of("a", "b", "c", "d", "e")) {
                write(run, name);
                // The file before the newest may still be needed by what runs.
                Awaitility.await().untilAsserted(() -> assertThat(files().size()).isLessThan(4));
            }
        }
        assertThat(verify().sound()).isTrue();
        assertThat(verify().beginning()).isEqualTo(JournalReader.Beginning.PRUNED);
    }

    @Test
    void shouldKeepWhatMayBeAskedForAgain() throws Exception {
        var config = Run.config(folder, RollCycle.MINUTELY, Store.FULL).withRetention(1, 0);
        Path answer;
        try (Run run = new Run(config, time)) {
            RequestContext context = run.request("known", "{}");
            RequestSlot slot = run.rings.requestPublisher().slot(0);
            slot.reset(RequestSlot.Kind.REQUEST, context);
            context.stream = true;
            run.journal.repeatHandler().onEvent(slot, 0, true);
            run.tokens(context, true, 1);
            answer = files().getLast();
            time.advanceMillis(60_000);
            write(run, "a", "b", "c");
        }
        assertThat(answer).exists();
        assertThat(files().size()).isGreaterThan(3);
    }
}

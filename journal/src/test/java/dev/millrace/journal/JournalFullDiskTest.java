package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.Durability;
import dev.millrace.config.JournalConfig.OnFailure;
import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.config.JournalConfig.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import net.openhft.chronicle.core.time.TimeProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is really full: what was reserved is written, and nothing else is touched. */
class JournalFullDiskTest {
    private static final int DISK_MEGABYTES = 32;
    private static final String BODY = "{" + " ".repeat(Run.MAX_BODY_BYTES / 2) + "}";

    @TempDir Path mount;

    private SmallDisk disk;
    private Path folder;

    @BeforeEach
    void mount() throws Exception {
        disk = SmallDisk.mount(mount, DISK_MEGABYTES);
        folder = Files.createDirectory(mount.resolve("journal"));
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            disk.unmount();
        }
    }

    private Run run(RollCycle cycle, TimeProvider time) {
        return new Run(
                Run.config(folder, cycle, Store.FULL, Durability.PAGE_CACHE, OnFailure.REFUSE),
                time);
    }

    /** Requests until one cannot be put on record; how many were. */
    private static int fill(Run run, String name) {
        for (int i = 0; i < DISK_MEGABYTES << 10; i++) {
            try {
                run.tokens(run.request(name + i, BODY), true, i);
            } catch (Exception e) {
                assertThat(e).isInstanceOf(JournalException.class);
                return i;
            }
        }
        throw new AssertionError("the disk is never full");
    }

    @Test
    void shouldRefuseWhatFindsNoRoomAndGoOnWhenThereIsSome() throws Exception {
        try (Run run = run(RollCycle.HOURLY, SystemTimeProvider.INSTANCE)) {
            Path filler = disk.fillUpTo(6 << 20);
            int first = fill(run, "first");
            assertThat(first).isPositive();
            assertThat(run.journal.problem()).contains("no room on the disk");
            assertThatThrownBy(() -> run.request("refused", BODY))
                    .isInstanceOf(JournalException.class);
            Files.delete(filler);
            assertThat(fill(run, "second")).isPositive();
            assertThat(run.journal.problem()).contains("no room on the disk");
        }
        JournalVerifier.Report report =
                JournalVerifier.verify(folder, List.of("first0", "second0"));
        assertThat(report.damage()).isNull();
        assertThat(report.missing()).isEmpty();
        assertThat(report.unwritten()).as("what was refused").isPositive();
        assertThat(report.sound()).isTrue();
    }

    @Test
    void shouldBeginNoFileWhereThereIsNoRoomForOne() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");
        try (Run run = run(RollCycle.MINUTELY, time)) {
            run.tokens(run.request("before", "{}"), true, 1);
            Path filler = disk.fillUpTo(0);
            time.advanceMillis(60_000);
            assertThatThrownBy(() -> run.request("during", "{}"))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("no room on the disk");
            assertThat(JournalFolder.files(folder)).hasSize(1);
            Files.delete(filler);
            run.tokens(run.request("after", "{}"), true, 1);
            assertThat(JournalFolder.files(folder)).hasSize(2);
        }
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of("before", "after"));
        assertThat(report.damage()).isNull();
        assertThat(report.missing()).isEmpty();
        assertThat(report.sound()).isTrue();
    }

    @Test
    void shouldSayAtStartThatThereIsNoRoom() throws Exception {
        disk.fillUpTo(0);
        assertThatThrownBy(() -> run(RollCycle.HOURLY, SystemTimeProvider.INSTANCE).close())
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("no room on the disk");
    }

    @Test
    void shouldGiveBackWhatWasReservedAheadWhenItIsClosed() throws Exception {
        long before = disk.free();
        try (Run run = run(RollCycle.HOURLY, SystemTimeProvider.INSTANCE)) {
            run.tokens(run.request("a", "{}"), true, 1);
        }
        assertThat(before - disk.free()).isLessThan(2 * JournalRoom.OWN_BYTES);
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.config.ConfigException;
import dev.millrace.config.JournalConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Route;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder, and what a journal takes of the process. */
class JournalFolderTest {
    @TempDir Path parent;

    private static Journal open(JournalConfig config, int maxBodyBytes) {
        return Journal.open(
                config, maxBodyBytes, () -> Run.ENVIRONMENT, new Counters(), System::nanoTime);
    }

    @Test
    void shouldLetOnlyTheOwnerIn() throws Exception {
        Path folder = parent.resolve("a").resolve("b");
        try (Run run = new Run(folder)) {
            run.request("a", "{}");
            assertThat(mode(folder)).isEqualTo("rwx------");
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files)
                        .hasSize(3)
                        .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
            }
        }
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldMakeATemporaryFolderWhereNoneIsGiven() throws Exception {
        JournalConfig config = JournalConfig.defaults();
        Path folder;
        try (Journal journal = open(config, 16 << 20)) {
            folder = journal.folder();
            assertThat(mode(folder)).isEqualTo("rwx------");
        }
        assertThat(JournalVerifier.verify(folder, List.of()).runs()).isEqualTo(1);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Test
    void shouldRefuseAFolderThatAnotherServerWritesTo() {
        try (Run run = new Run(parent)) {
            assertThat(run.journal.folder()).isEqualTo(parent);
            assertThatThrownBy(() -> new Run(parent).close())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("journal.dir")
                    .hasMessageContaining("no other server");
        }
        new Run(parent).close();
    }

    @Test
    void shouldRefuseAnotherRollCycleThanTheFilesHave() {
        new Run(parent).close();
        assertThatThrownBy(() ->
                        new Run(parent, JournalConfig.RollCycle.DAILY, SystemTimeProvider.INSTANCE)
                                .close())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("journal.roll-cycle")
                .hasMessageContaining("hourly");
    }

    @Test
    void shouldRefuseABodyThatNoBlockHolds() {
        assertThatThrownBy(() -> open(JournalConfig.defaults(), 1 << 30))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("http.max-body-bytes");
    }

    @Test
    void shouldRefuseAFolderThatCannotBeMade() throws Exception {
        Path file = Files.createFile(parent.resolve("file"));
        assertThatThrownBy(() -> new Run(file.resolve("below")).close())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("journal.dir");
    }

    @Test
    void shouldLeaveNoFileMappingOrThreadBehind() throws Exception {
        // Chronicle's releaser thread is the process's, not the journal's.
        new Run(parent.resolve("first")).close();
        long threads = threads();
        for (int i = 0; i < 5; i++) {
            try (Run run = new Run(parent.resolve("again"))) {
                run.tokens(run.request("a", "{}"), true, 1);
            }
        }
        assertThat(threads()).isLessThanOrEqualTo(threads);
        Awaitility.await().untilAsserted(() -> assertThat(held()).isEmpty());
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive).count();
    }

    /** Open files and mappings of the journal's folder, from Linux's own lists. */
    private List<String> held() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            Stream<String> files = open.map(JournalFolderTest::target);
            return Stream.concat(files, maps).filter(s -> s.contains(parent.toString())).toList();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    @Test
    void shouldAllocateNothingPerRecordOnceWarm() throws Exception {
        int count = 20_000;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Run run = new Run(parent)) {
            RequestContext context = run.context(Route.OPENAI_CHAT, "client-1");
            context.model = Run.MODEL;
            RequestSlot slot = run.rings.requestPublisher().slot(0);
            slot.reset(RequestSlot.Kind.REQUEST, context);
            slot.body.length(128);
            long bytes = 0;
            for (int round = 0; round < 4; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < count; i++) {
                    run.requests.onEvent(slot, i, true);
                }
                bytes = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat((double) bytes / count).isLessThan(1);
        }
    }
}

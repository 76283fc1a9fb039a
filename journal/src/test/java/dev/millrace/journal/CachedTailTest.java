package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page cache keeps of a file behind its writer. */
class CachedTailTest {
    private static final int MEGABYTE = 1 << 20;
    private static final int FILE_BYTES = 24 * MEGABYTE;
    private static final int PAGE_BYTES = 4096;

    @TempDir Path folder;

    private Path file = Path.of("");
    private final byte[] bytes = new byte[FILE_BYTES];

    @BeforeEach
    void write() throws Exception {
        assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
        // A file system in memory gives nothing up.
        assumeThat(Files.getFileStore(folder).type()).isNotEqualTo("tmpfs");
        new Random(1).nextBytes(bytes);
        file = Files.write(folder.resolve("file"), bytes);
    }

    private void onDisk() throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** How many of the file's megabytes have a page in the cache, from one to before another. */
    @SuppressWarnings("restricted")
    private int cached(int from, int to) {
        Linker linker = Linker.nativeLinker();
        MethodHandle mincore =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("mincore"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.ADDRESS));
        int found = 0;
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment pages = channel.map(FileChannel.MapMode.READ_ONLY, 0, FILE_BYTES, arena);
            MemorySegment there = arena.allocate(FILE_BYTES / PAGE_BYTES);
            int failed = (int) mincore.invokeExact(pages, pages.byteSize(), there);
            assertThat(failed).isZero();
            for (int megabyte = from; megabyte < to; megabyte++) {
                boolean any = false;
                for (int page = 0; page < MEGABYTE / PAGE_BYTES; page++) {
                    long index = (long) megabyte * MEGABYTE / PAGE_BYTES + page;
                    any |= there.get(ValueLayout.JAVA_BYTE, index) != 0;
                }
                found += any ? 1 : 0;
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        return found;
    }

    @Test
    void shouldKeepWhatIsNearTheWriterAndGiveUpWhatIsFarBehind() throws Exception {
        onDisk();
        assertThat(cached(0, 24)).isEqualTo(24);
        try (CachedTail tail = new CachedTail(8 * MEGABYTE, 2 * MEGABYTE)) {
            tail.follow(file.toFile(), 0, 7 * MEGABYTE);
            assertThat(cached(0, 24)).isEqualTo(24);
            tail.follow(file.toFile(), 0, 20 * MEGABYTE);
        }
        assertThat(cached(0, 12)).isZero();
        assertThat(cached(12, 24)).isEqualTo(12);
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }

    @Test
    void shouldLeaveAloneWhatStoodThereBefore() throws Exception {
        onDisk();
        long begun = 16 * MEGABYTE + 5;
        try (CachedTail tail = new CachedTail(2 * MEGABYTE, 2 * MEGABYTE)) {
            tail.follow(file.toFile(), begun, 17 * MEGABYTE);
            assertThat(cached(0, 24)).isEqualTo(24);
            tail.follow(file.toFile(), begun, 22 * MEGABYTE);
        }
        assertThat(cached(0, 16)).isEqualTo(16);
        assertThat(cached(16, 20)).isZero();
        assertThat(cached(20, 24)).isEqualTo(4);
    }

    @Test
    void shouldGoOnWithTheNextFile() throws Exception {
        onDisk();
        Path next = folder.resolve("next");
        Files.write(next, new byte[8 * MEGABYTE]);
        try (CachedTail tail = new CachedTail(2 * MEGABYTE, 2 * MEGABYTE)) {
            tail.follow(next.toFile(), 0, 8 * MEGABYTE);
            assertThat(cached(0, 24)).isEqualTo(24);
            tail.follow(file.toFile(), 0, 4 * MEGABYTE);
        }
        assertThat(cached(0, 2)).isZero();
        assertThat(cached(2, 24)).isEqualTo(22);
    }

    @Test
    void shouldBeginToWriteWhatNobodySyncs() throws Exception {
        await().until(() -> {
            try (CachedTail tail = new CachedTail(8 * MEGABYTE, 2 * MEGABYTE)) {
                tail.follow(file.toFile(), 0, 24 * MEGABYTE);
            }
            return cached(0, 16) == 0;
        });
        assertThat(cached(16, 24)).isEqualTo(8);
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }
}

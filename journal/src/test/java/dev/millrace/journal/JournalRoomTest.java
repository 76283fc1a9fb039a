package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens ahead of a writer, in its own file. */
class JournalRoomTest {
    private static final int MEGABYTE = 1 << 20;
    private static final int FILE_BYTES = 48 * MEGABYTE;

    private final CachedTail tail = new CachedTail(4 * MEGABYTE, 2 * MEGABYTE);

    @TempDir Path folder;

    private Path file(byte[] bytes) throws Exception {
        return Files.write(folder.resolve("file"), bytes);
    }

    private static void written(JournalRoom room, long end) {
        room.need(end);
        room.written(end);
        await().until(() -> !room.preparing());
    }

    @Test
    void shouldChangeNothingOfAFileThatIsSynced() throws Exception {
        byte[] bytes = new byte[FILE_BYTES];
        new Random(1).nextBytes(bytes);
        Path file = file(bytes);
        long end = 0;
        try (JournalRoom room = new JournalRoom(folder, true, tail)) {
            room.writingTo(file.toFile(), 0);
            // Fast enough for the longest way ahead.
            while (end < FILE_BYTES / 2) {
                end += MEGABYTE / 2;
                written(room, end);
            }
        }
        byte[] after = Files.readAllBytes(file);
        assertThat(after).hasSameSizeAs(bytes);
        // What nobody wrote is given back.
        int kept = (int) end + MEGABYTE;
        assertThat(Arrays.mismatch(after, 0, kept, bytes, 0, kept)).isNegative();
    }

    @Test
    void shouldWriteZerosAhead() throws Exception {
        byte[] bytes = new byte[FILE_BYTES];
        Arrays.fill(bytes, (byte) 1);
        Path file = file(bytes);
        try (JournalRoom room = new JournalRoom(folder, false, tail)) {
            room.writingTo(file.toFile(), 0);
            written(room, 1);
            byte[] ahead = Files.readAllBytes(file);
            assertThat(Arrays.mismatch(ahead, bytes)).isBetween(MEGABYTE, 2 * MEGABYTE);
            assertThat(ahead[4 * MEGABYTE - 1]).isZero();
        }
    }

    @Test
    void shouldNotGetInTheWayOfAWriterThatWaitsForNothing() throws Exception {
        Path file = file(new byte[FILE_BYTES]);
        byte[] bytes = new byte[FILE_BYTES - 2 * MEGABYTE];
        new Random(2).nextBytes(bytes);
        long overtaken = 0;
        for (int times = 0; times < 8; times++) {
            try (JournalRoom room = new JournalRoom(folder, false, tail);
                    FileChannel channel =
                            FileChannel.open(
                                    file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                MappedByteBuffer mapped =
                        channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES);
                room.writingTo(file.toFile(), 0);
                for (int at = 0; at < bytes.length; at += 1000) {
                    int end = Math.min(at + 1000, bytes.length);
                    room.need(end);
                    mapped.put(at, bytes, at, end - at);
                    room.written(end);
                    overtaken += room.preparing() ? 1 : 0;
                }
            }
            assertThat(Arrays.mismatch(Files.readAllBytes(file), bytes)).isEqualTo(bytes.length);
        }
        assertThat(overtaken).isPositive();
    }

    @Test
    void shouldSleepWhereTheWriterIsFurtherThanWhatWasToBePrepared() throws Exception {
        Path file = file(new byte[MEGABYTE]);
        try (JournalRoom room = new JournalRoom(folder, false, tail)) {
            room.writingTo(file.toFile(), 0);
            written(room, 3 * MEGABYTE);
            written(room, 5 * MEGABYTE);
            assertThat(room.preparing()).isFalse();
        }
        assertThat(Files.size(file)).isEqualTo(MEGABYTE);
    }
}

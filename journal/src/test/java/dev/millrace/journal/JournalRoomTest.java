package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldChangeNothingOfTheFile(boolean synced) throws Exception {
        byte[] bytes = new byte[FILE_BYTES];
        new Random(1).nextBytes(bytes);
        Path file = file(bytes);
        long end = 0;
        try (JournalRoom room = new JournalRoom(folder, synced, tail)) {
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

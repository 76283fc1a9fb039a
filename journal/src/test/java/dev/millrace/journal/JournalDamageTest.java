package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the reader makes of a journal that is not as it was written. */
class JournalDamageTest {
    @TempDir Path folder;

    private Path file = Path.of("");
    private final List<Long> positions = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();

    @BeforeEach
    void writeOneRecordOfEachType() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{\"prompt\":\"It is a truth\"}");
            run.decision(context, slot -> slot.sampling.seed = 7);
            run.step(0, context, 5);
            run.tokens(context, false, 1, 2, 3);
            run.digested(context, 9, 0xC0FFEE);
            run.reply(ReplySlot.Kind.EMBEDDING, context, 16, slot -> slot.count = 4);
            run.reply(ReplySlot.Kind.TENSOR, context, 8, slot -> slot.count = 8);
            run.cancel(context);
            run.failure(context, RequestStatus.CANCELLED, "gone");
            run.tokens(run.request("b", "{}"), true, 4);
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                file = reader.file();
                positions.add(reader.framePosition());
                lengths.add(Frames.read(file, reader.framePosition()).length);
            }
        }
        assertThat(positions).hasSize(12);
        // What is copied a thousand times below should be small.
        truncate(file, positions.getLast() + 4 + lengths.getLast() + 64);
    }

    private static void truncate(Path file, long length) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(length);
        }
    }

    private int readable() {
        int count = 0;
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                count++;
            }
            damage = reader.damage();
        }
        return count;
    }

    private @Nullable JournalDamage damage;

    private JournalDamage found() {
        return Objects.requireNonNull(damage, "no damage found");
    }

    @Test
    void shouldFindEverySingleFlippedBitOfEveryRecordAndOfTheWordBeforeIt() throws Exception {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < positions.size(); i++) {
                for (long at = positions.get(i); at < positions.get(i) + 4 + lengths.get(i); at++) {
                    open.seek(at);
                    int whole = open.read();
                    for (int bit = 0; bit < 8; bit++) {
                        open.seek(at);
                        open.write(whole ^ (1 << bit));
                        long inFrame = at - positions.get(i) - 4;
                        // Of a chain that is damaged, the records are sound.
                        int trailer = lengths.get(i) - Frames.TRAILER;
                        int sound = inFrame < trailer ? i : i + 1;
                        long offset = inFrame < Frames.HEAD ? -4 : Math.min(Frames.HEAD, inFrame);
                        offset = inFrame < trailer ? offset : trailer;
                        assertThat(readable()).as("byte %d bit %d", at, bit).isEqualTo(sound);
                        assertThat(found().position()).isEqualTo(positions.get(i) + 4 + offset);
                        assertThat(found().file()).isEqualTo(file);
                    }
                    open.seek(at);
                    open.write(whole);
                }
            }
        }
        assertThat(readable()).isEqualTo(12);
        assertThat(damage).isNull();
    }

    @Test
    void shouldReadUpToTheCutWhereverAFileIsCut() throws Exception {
        long end = positions.getLast() + 4 + lengths.getLast();
        for (long cut = end; cut >= 0; cut--) {
            truncate(file, cut);
            int whole = 0;
            // A record is read though its frame's chain is not all there.
            while (whole < 12
                    && positions.get(whole) + 4 + lengths.get(whole) - Frames.TRAILER <= cut) {
                whole++;
            }
            assertThat(readable()).as("cut at %d", cut).isEqualTo(whole);
            if (cut >= 200) {
                // The queue's header is there, and knows how far it wrote.
                assertThat(damage != null).as("cut at %d: %s", cut, damage).isEqualTo(cut < end);
            }
            if (cut > 200 && cut < positions.getFirst()) {
                cut = Math.max(200, cut - 97);
            }
        }
    }

    @Test
    void shouldTakeWhatWasNotCommittedForTheEnd() throws Exception {
        // As a writer leaves it that dies before it stores the length.
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(positions.getLast());
            open.writeInt(0);
            // The queue's header says where the last committed document is.
            open.seek(0x40);
            open.write(littleEndian(positions.get(10)));
        }
        assertThat(readable()).isEqualTo(11);
        assertThat(damage).isNull();
    }

    private static byte[] littleEndian(long value) {
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (value >>> (8 * i));
        }
        return bytes;
    }

    @Test
    void shouldSeeAHoleInTheMiddle() throws Exception {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(positions.get(3));
            open.write(new byte[4 + lengths.get(3)]);
        }
        assertThat(readable()).isEqualTo(3);
        assertThat(found().what()).contains("nothing here");
        assertThat(found().toString()).contains(file.getFileName().toString(), "record 3");
    }

    @Test
    void shouldSeeThatARecordWasCutOut() throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        int from = positions.get(4).intValue();
        int to = positions.get(5).intValue();
        System.arraycopy(bytes, to, bytes, from, bytes.length - to);
        Files.write(file, bytes);
        assertThat(readable()).isEqualTo(4);
        assertThat(found().what()).isEqualTo("record 5 follows record 3");
    }

    @Test
    void shouldRefuseARecordOfALaterVersionByName() throws Exception {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(positions.get(2) + 4 + 4);
            open.write(5);
        }
        assertThat(readable()).isEqualTo(2);
        assertThat(found().what()).isEqualTo("layout version 5; this build reads 2 to 4");
    }
}

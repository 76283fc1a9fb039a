package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.ringbuffer.RequestContext;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import net.openhft.chronicle.core.time.SetTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that are sound by themselves, and not the ones that were written there. */
class JournalChainTest {
    @TempDir Path folder;

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Place(Path file, long position, byte[] bytes) {
        byte[] chain() {
            return Frames.chain(bytes);
        }
    }

    private void write(String... names) throws Exception {
        try (Run run = new Run(folder)) {
            for (String name : names) {
                run.tokens(run.request(name, "{\"prompt\":\"" + name + "\"}"), true, 1, 2, 3);
            }
        }
    }

    /** The frames of the journal, each of one record. */
    private List<Place> places() throws IOException {
        List<Place> places = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                Path file = reader.file();
                long position = reader.framePosition();
                places.add(new Place(file, position, Frames.read(file, position)));
            }
        }
        return places;
    }

    private JournalVerifier.Report verify() {
        return JournalVerifier.verify(folder, List.of());
    }

    private static void put(Place at, byte[] frame) throws IOException {
        Frames.write(at.file(), at.position(), Frames.withChecksums(frame));
    }

    @Test
    void shouldBeTheDigestOfTheChainBeforeAndOfTheRecordsBytes() throws Exception {
        write("a");
        byte[] before = new byte[32];
        for (Place place : places()) {
            before = Frames.chain(before, place.bytes());
            assertThat(place.chain()).isEqualTo(before);
        }
        assertThat(verify().head()).isEqualTo(HexFormat.of().formatHex(before));
        assertThat(verify().beginning()).isEqualTo(JournalReader.Beginning.WHOLE);
    }

    @Test
    void shouldFindARecordThatWasRewrittenWithARightChecksum() throws Exception {
        write("a", "b");
        Place changed = places().get(3);
        byte[] bytes = changed.bytes().clone();
        // The first byte of the client's request id.
        bytes[Frames.HEAD + IngressRecord.TEXTS_OFFSET]++;
        put(changed, bytes);
        JournalDamage damage = Objects.requireNonNull(verify().damage());
        assertThat(damage.what()).isEqualTo("its chain does not follow from record 2");
        assertThat(damage.recordIndex()).isEqualTo(3);
        assertThat(damage.position()).isEqualTo(changed.position());
    }

    @Test
    void shouldFindARewrittenRecordEvenWhereItsOwnChainIsRightAgain() throws Exception {
        write("a", "b");
        List<Place> places = places();
        Place changed = places.get(3);
        byte[] bytes = changed.bytes().clone();
        bytes[Frames.HEAD + IngressRecord.TEXTS_OFFSET]++;
        Frames.withChecksums(bytes);
        byte[] chain = Frames.chain(places.get(2).chain(), bytes);
        System.arraycopy(chain, 0, bytes, bytes.length - Frames.TRAILER, 32);
        put(changed, bytes);
        JournalDamage damage = Objects.requireNonNull(verify().damage());
        assertThat(damage.what()).isEqualTo("its chain does not follow from record 3");
        assertThat(damage.recordIndex()).isEqualTo(4);
    }

    @Test
    void shouldFindARecordThatWasPutInThePlaceOfAnother() throws Exception {
        write("a", "b");
        List<Place> places = places();
        byte[] other = places.get(1).bytes().clone();
        Frames.fields(other).putLong(16, 3);
        put(places.get(3), other);
        assertThat(Objects.requireNonNull(verify().damage()).what())
                .isEqualTo("its chain does not follow from record 2");
    }

    @Test
    void shouldStandBehindTheRunBefore() throws Exception {
        write("a");
        String head = verify().head();
        write("b");
        write("c");
        JournalVerifier.Report report =
                JournalVerifier.verify(folder, List.of("a", "b", "c"), bytes(head));
        assertThat(report.sound()).isTrue();
        assertThat(report.runs()).isEqualTo(3);
    }

    @Test
    void shouldFindThatARunInTheMiddleIsMissing() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");
        for (String name : List.of("a", "b", "c")) {
            try (Run run = new Run(folder, RollCycle.MINUTELY, time)) {
                run.tokens(run.request(name, "{}"), true, 1);
            }
            time.advanceMillis(60_000);
        }
        assertThat(verify().sound()).isTrue();
        List<Path> files = JournalFolder.files(folder);
        assertThat(files).hasSize(3);
        Files.delete(files.get(1));
        JournalVerifier.Report report = verify();
        assertThat(report.sound()).isFalse();
        assertThat(report.records()).isEqualTo(3);
        assertThat(Objects.requireNonNull(report.damage()).what())
                .isEqualTo("its chain does not follow from the run before");
    }

    @Test
    void shouldSayThatTheBeginningIsMissing() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");
        try (Run run = new Run(folder, RollCycle.MINUTELY, time)) {
            RequestContext context = run.request("a", "{}");
            time.advanceMillis(60_000);
            run.tokens(context, true, 1);
        }
        Files.delete(JournalFolder.files(folder).getFirst());
        JournalVerifier.Report report = verify();
        assertThat(report.beginning()).isEqualTo(JournalReader.Beginning.MISSING);
        assertThat(report.firstRecord()).isEqualTo(2);
        assertThat(report.sound()).isFalse();
    }

    @Test
    void shouldMissTheHeadOfWhatWasCutOff() throws Exception {
        write("a", "b");
        List<Place> places = places();
        byte[] head = places.getLast().chain();
        assertThat(JournalVerifier.verify(folder, List.of(), head).sound()).isTrue();
        assertThat(JournalVerifier.verify(folder, List.of(), places.get(2).chain()).sound())
                .isTrue();

        // Nothing but the end is gone, and the queue's header says nothing of it.
        Place last = places.getLast();
        try (RandomAccessFile file = new RandomAccessFile(last.file().toFile(), "rw")) {
            file.setLength(last.position());
            file.seek(0x40);
            file.writeLong(Long.reverseBytes(places.get(3).position()));
        }
        assertThat(verify().sound()).isTrue();
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of(), head);
        assertThat(report.headFound()).isFalse();
        assertThat(report.sound()).isFalse();
        assertThat(report.head())
                .isEqualTo(HexFormat.of().formatHex(places.get(3).chain()))
                .hasSize(64);
    }

    @Test
    void shouldNotBeginARunBehindARecordThatNobodyCanRead() throws Exception {
        write("a");
        Place last = places().getLast();
        byte[] bytes = last.bytes().clone();
        bytes[4] = 1;
        put(last, bytes);
        assertThatThrownBy(() -> write("b"))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining(last.file().toString())
                .hasMessageContaining("layout version 1; this build reads 2 to 4")
                .hasMessageContaining("move");
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.ringbuffer.RequestContext;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import net.openhft.chronicle.core.time.SetTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that are sound by themselves, and not the ones that were written there. */
class JournalChainTest {
    private static final int TRAILER = 36;

    @TempDir Path folder;

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Place(Path file, long position, byte[] bytes) {
        byte[] chain() {
            return Arrays.copyOfRange(bytes, bytes.length - TRAILER, bytes.length - TRAILER + 32);
        }
    }

    private void write(String... names) throws Exception {
        try (Run run = new Run(folder)) {
            for (String name : names) {
                run.tokens(run.request(name, "{\"prompt\":\"" + name + "\"}"), true, 1, 2, 3);
            }
        }
    }

    private List<Place> places() {
        List<Place> places = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                places.add(
                        new Place(
                                reader.file(), reader.position(), record.copy(0, record.length())));
            }
        }
        return places;
    }

    private JournalVerifier.Report verify() {
        return JournalVerifier.verify(folder, List.of());
    }

    private static void put(Place at, byte[] record) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(at.file().toFile(), "rw")) {
            file.seek(at.position() + 4);
            file.write(record);
        }
    }

    /** As somebody would who knows the layout: the checksum is right again. */
    private static byte[] withChecksum(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length - 4);
        ByteBuffer.wrap(record)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(record.length - 4, (int) crc.getValue());
        return record;
    }

    @Test
    void shouldBeTheDigestOfTheChainBeforeAndOfTheRecordsBytes() throws Exception {
        write("a");
        byte[] before = new byte[32];
        for (Place place : places()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(before);
            digest.update(place.bytes(), 0, place.bytes().length - TRAILER);
            before = digest.digest();
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
        bytes[IngressRecord.TEXTS_OFFSET]++;
        put(changed, withChecksum(bytes));
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
        bytes[IngressRecord.TEXTS_OFFSET]++;
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(places.get(2).chain());
        digest.update(bytes, 0, bytes.length - TRAILER);
        System.arraycopy(digest.digest(), 0, bytes, bytes.length - TRAILER, 32);
        put(changed, withChecksum(bytes));
        JournalDamage damage = Objects.requireNonNull(verify().damage());
        assertThat(damage.what()).isEqualTo("its chain does not follow from record 3");
        assertThat(damage.recordIndex()).isEqualTo(4);
    }

    @Test
    void shouldFindARecordThatWasPutInThePlaceOfAnother() throws Exception {
        write("a", "b");
        List<Place> places = places();
        byte[] other = places.get(1).bytes().clone();
        ByteBuffer.wrap(other)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(JournalRecord.RECORD_INDEX_OFFSET, 3);
        put(places.get(3), withChecksum(other));
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
        bytes[JournalRecord.VERSION_OFFSET] = 1;
        put(last, bytes);
        assertThatThrownBy(() -> write("b"))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining(last.file().toString())
                .hasMessageContaining("layout version 1; this build reads 2")
                .hasMessageContaining("move");
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}

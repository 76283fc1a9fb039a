package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JournalConfig.RollCycle;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import net.openhft.chronicle.core.time.SetTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Journals that builds wrote which knew no later layout. */
class JournalLayoutsTest {
    enum Old {
        /** Three answers of a tensor model; a 404. */
        LAYOUT_2(
                "layout-2",
                "20261123-01F.cq4",
                "2026-11-23T05:00:00",
                "04f17e385917a1d5c09e40ec567d94dbd1cade419b3fa95ed076e4c791bb2015",
                3),
        /** Six answers in text, asked for at once: frames hold up to eight records; a 404. */
        LAYOUT_3(
                "layout-3",
                "20261123-11F.cq4",
                "2026-11-23T11:50:00",
                "09f93ce703e68afe5a859551380f156c2b617733fde222a94e5f8c2f9510f70b",
                6);

        private final String resource;
        private final String file;

        /** When a run of this build goes on behind it. */
        private final String later;

        /** What that build's own {@code journal verify} said. */
        private final String head;

        /** Requests old-1 and on. */
        private final int answered;

        Old(String resource, String file, String later, String head, int answered) {
            this.resource = resource;
            this.file = file;
            this.later = later;
            this.head = head;
            this.answered = answered;
        }

        List<String> answered() {
            return IntStream.rangeClosed(1, answered).mapToObj(i -> "old-" + i).toList();
        }

        byte[] head() {
            return HexFormat.of().parseHex(head);
        }
    }

    @TempDir Path folder;

    private Path unpack(Old old) throws IOException {
        Path unpacked = folder.resolve(old.file);
        try (InputStream packed =
                        Objects.requireNonNull(
                                getClass()
                                        .getResourceAsStream(
                                                "/journals/" + old.resource + ".cq4.gz"));
                InputStream file = new GZIPInputStream(packed)) {
            Files.copy(file, unpacked);
        }
        return unpacked;
    }

    private JournalVerifier.Report read(Old old) throws IOException {
        unpack(old);
        JournalVerifier.Report report = JournalVerifier.verify(folder, old.answered(), old.head());
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isTrue();
        assertThat(report.answered()).isEqualTo(old.answered);
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.head()).isEqualTo(old.head);
        return report;
    }

    private List<String> bodies() {
        List<String> bodies = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                if (record.type() == RecordType.INGRESS) {
                    bodies.add(new String(IngressRecord.of(record).body(), StandardCharsets.UTF_8));
                }
            }
        }
        return bodies;
    }

    @Test
    void shouldReadLayout2AsItsOwnBuildDid() throws Exception {
        JournalVerifier.Report report = read(Old.LAYOUT_2);
        assertThat(report.records()).isEqualTo(16);
        assertThat(report.bytes()).isEqualTo(5664);
        assertThat(report.requests()).isEqualTo(4);
        assertThat(bodies()).hasSize(4).endsWith("{\"model\":\"nobody\",\"prompt\":\"x\"}");
        try (JournalReader reader = JournalReader.open(folder)) {
            long clock = 0;
            while (reader.next()) {
                assertThat(reader.record().clockNanos()).isGreaterThan(clock);
                clock = reader.record().clockNanos();
            }
        }
    }

    @Test
    void shouldReadLayout3AsItsOwnBuildDid() throws Exception {
        JournalVerifier.Report report = read(Old.LAYOUT_3);
        assertThat(report.records()).isEqualTo(28);
        assertThat(report.bytes()).isEqualTo(7128);
        assertThat(report.requests()).isEqualTo(7);
        assertThat(bodies()).hasSize(7).endsWith("{\"model\":\"nobody\",\"prompt\":\"x\"}");
        int tokens = 0;
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                if (reader.record().type() == RecordType.OUTPUT_TOKENS) {
                    tokens += TokensRecord.of(reader.record()).count();
                }
            }
        }
        // One to six of them.
        assertThat(tokens).isEqualTo(21);
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnBehindItInTheLayoutOfThisBuild(Old old) throws Exception {
        unpack(old);
        SetTimeProvider time = new SetTimeProvider(old.later);
        try (Run run = new Run(folder, RollCycle.HOURLY, time)) {
            run.tokens(run.request("new", "{}"), true, 1);
        }
        JournalVerifier.Report report =
                JournalVerifier.verify(folder, List.of("old-3", "new"), old.head());
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isTrue();
        assertThat(report.runs()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindWhatWasChangedInIt(Old old) throws Exception {
        Path file = unpack(old);
        byte[] bytes = Files.readAllBytes(file);
        for (int at = bytes.length - 300; at < bytes.length; at += 7) {
            byte[] changed = bytes.clone();
            changed[at] ^= 1;
            Files.write(file, changed);
            assertThat(JournalVerifier.verify(folder, List.of()).damage())
                    .as("byte %d", at)
                    .isNotNull();
        }
    }
}

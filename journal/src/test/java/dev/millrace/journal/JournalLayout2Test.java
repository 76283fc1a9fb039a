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
import java.util.zip.GZIPInputStream;
import net.openhft.chronicle.core.time.SetTimeProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A journal that a build wrote which knew layout 2 alone: three answers of a tensor model, a 404.
 */
class JournalLayout2Test {
    /** What that build's own {@code journal verify} said. */
    private static final String HEAD =
            "04f17e385917a1d5c09e40ec567d94dbd1cade419b3fa95ed076e4c791bb2015";

    @TempDir Path folder;

    @BeforeEach
    void unpack() throws IOException {
        try (InputStream packed =
                        Objects.requireNonNull(
                                getClass().getResourceAsStream("/journals/layout-2.cq4.gz"));
                InputStream file = new GZIPInputStream(packed)) {
            Files.copy(file, folder.resolve("20261123-01F.cq4"));
        }
    }

    @Test
    void shouldReadItAsItsOwnBuildDid() {
        List<String> expected = List.of("old-1", "old-2", "old-3");
        JournalVerifier.Report report =
                JournalVerifier.verify(folder, expected, HexFormat.of().parseHex(HEAD));
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isTrue();
        assertThat(report.records()).isEqualTo(16);
        assertThat(report.bytes()).isEqualTo(5664);
        assertThat(report.requests()).isEqualTo(4);
        assertThat(report.answered()).isEqualTo(3);
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.head()).isEqualTo(HEAD);
        List<String> bodies = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            long clock = 0;
            while (reader.next()) {
                JournalRecord record = reader.record();
                assertThat(record.clockNanos()).isGreaterThan(clock);
                clock = record.clockNanos();
                if (record.type() == RecordType.INGRESS) {
                    bodies.add(new String(IngressRecord.of(record).body(), StandardCharsets.UTF_8));
                }
            }
        }
        assertThat(bodies).hasSize(4).endsWith("{\"model\":\"nobody\",\"prompt\":\"x\"}");
    }

    @Test
    void shouldGoOnBehindItInTheLayoutOfThisBuild() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-23T05:00:00");
        try (Run run = new Run(folder, RollCycle.HOURLY, time)) {
            run.tokens(run.request("new", "{}"), true, 1);
        }
        JournalVerifier.Report report =
                JournalVerifier.verify(
                        folder, List.of("old-3", "new"), HexFormat.of().parseHex(HEAD));
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isTrue();
        assertThat(report.runs()).isEqualTo(2);
    }

    @Test
    void shouldFindWhatWasChangedInIt() throws Exception {
        Path file = folder.resolve("20261123-01F.cq4");
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

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
 * A journal that a build wrote which knew no later layout than 3: six answers in text, asked for at
 * once, so that frames hold up to eight records; a 404.
 */
class JournalLayout3Test {
    /** What that build's own {@code journal verify} said. */
    private static final String HEAD =
            "09f93ce703e68afe5a859551380f156c2b617733fde222a94e5f8c2f9510f70b";

    private static final List<String> ANSWERED =
            List.of("old-1", "old-2", "old-3", "old-4", "old-5", "old-6");

    @TempDir Path folder;

    @BeforeEach
    void unpack() throws IOException {
        try (InputStream packed =
                        Objects.requireNonNull(
                                getClass().getResourceAsStream("/journals/layout-3.cq4.gz"));
                InputStream file = new GZIPInputStream(packed)) {
            Files.copy(file, folder.resolve("20261123-11F.cq4"));
        }
    }

    @Test
    void shouldReadItAsItsOwnBuildDid() {
        JournalVerifier.Report report =
                JournalVerifier.verify(folder, ANSWERED, HexFormat.of().parseHex(HEAD));
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isTrue();
        assertThat(report.records()).isEqualTo(28);
        assertThat(report.bytes()).isEqualTo(7128);
        assertThat(report.requests()).isEqualTo(7);
        assertThat(report.answered()).isEqualTo(6);
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.head()).isEqualTo(HEAD);
        List<String> bodies = new ArrayList<>();
        int tokens = 0;
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                if (record.type() == RecordType.INGRESS) {
                    bodies.add(new String(IngressRecord.of(record).body(), StandardCharsets.UTF_8));
                } else if (record.type() == RecordType.OUTPUT_TOKENS) {
                    tokens += TokensRecord.of(record).count();
                }
            }
        }
        assertThat(bodies).hasSize(7).endsWith("{\"model\":\"nobody\",\"prompt\":\"x\"}");
        // One to six of them.
        assertThat(tokens).isEqualTo(21);
    }

    @Test
    void shouldGoOnBehindItInTheLayoutOfThisBuild() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-23T11:50:00");
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
        Path file = folder.resolve("20261123-11F.cq4");
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

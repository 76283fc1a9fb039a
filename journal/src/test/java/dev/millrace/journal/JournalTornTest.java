package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a power cut leaves of the end of a journal, and a server that begins behind it. */
class JournalTornTest {
    @TempDir Path parent;

    private Path file = Path.of("");
    private byte[] whole = new byte[0];
    private int lastFrame;
    private int end;

    @BeforeEach
    void writeASmallJournal() throws Exception {
        Path folder = Files.createDirectory(parent.resolve("whole"));
        try (Run run = new Run(folder)) {
            run.tokens(run.request("before", "{}"), true, 1);
            run.tokens(run.request("last", "{}"), true, 2);
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                file = reader.file();
                lastFrame = (int) reader.framePosition();
            }
        }
        end = lastFrame + 4 + Frames.read(file, lastFrame).length;
        whole = Arrays.copyOf(Files.readAllBytes(file), end);
    }

    /** A journal whose file holds these bytes, and nothing of which was closed. */
    private Path folder(String name, byte[] bytes) throws IOException {
        Path folder = Files.createDirectory(parent.resolve(name));
        Files.write(folder.resolve(file.getFileName()), bytes);
        Files.writeString(folder.resolve("journal.lock"), "open\n");
        return folder;
    }

    private static JournalVerifier.Report afterARun(Path folder) throws Exception {
        try (Run run = new Run(folder)) {
            run.tokens(run.request("after", "{}"), true, 3);
        }
        return JournalVerifier.verify(folder, List.of("before", "after"));
    }

    private static List<String> setAside(Path folder) {
        try (JournalReader reader = JournalReader.open(folder)) {
            return reader.torn().isEmpty() && !reader.next() ? List.of() : facts(reader);
        }
    }

    private static List<String> facts(JournalReader reader) {
        String fact = "";
        do {
            if (reader.record().type() == RecordType.ENVIRONMENT) {
                fact =
                        EnvironmentRecord.of(reader.record())
                                .facts()
                                .getOrDefault("journal.set-aside", "");
            }
        } while (reader.next());
        return List.of(fact);
    }

    @Test
    void shouldBeginBehindAnEndThatIsCutAtAnyByte() throws Exception {
        for (int cut = end - 1; cut > lastFrame; cut--) {
            Path folder = folder("cut" + cut, Arrays.copyOf(whole, cut));
            JournalVerifier.Report report = afterARun(folder);
            assertThat(report.damage()).as("cut at %d", cut).isNull();
            assertThat(report.sound()).as("cut at %d", cut).isTrue();
            assertThat(report.runs()).isEqualTo(2);
            assertThat(report.torn()).as("cut at %d", cut).hasSize(1);
            assertThat(report.torn().getFirst().position()).isBetween((long) lastFrame, (long) cut);
            assertThat(setAside(folder)).first().asString().startsWith(file.getFileName() + ".1");
        }
    }

    @Test
    void shouldBeginBehindAnEndOfWhichPagesNeverReachedTheDisk() throws Exception {
        for (int from = end - 1; from >= lastFrame; from--) {
            byte[] bytes = Arrays.copyOf(whole, end + 4096);
            Arrays.fill(bytes, from, end, (byte) 0);
            if (Arrays.equals(bytes, 0, end, whole, 0, end)) {
                continue;
            }
            Path folder = folder("zeros" + from, bytes);
            JournalVerifier.Report report = afterARun(folder);
            assertThat(report.damage()).as("zeros from %d", from).isNull();
            assertThat(report.sound()).as("zeros from %d", from).isTrue();
            assertThat(report.torn()).as("zeros from %d", from).hasSize(1);
        }
    }

    @Test
    void shouldBeginBehindAFileWhoseHeadIsGone() throws Exception {
        byte[] bytes = whole.clone();
        Arrays.fill(bytes, 0, 4096, (byte) 0);
        JournalVerifier.Report report = afterARun(folder("head", bytes));
        assertThat(report.damage()).isNull();
        assertThat(report.torn()).hasSize(1);
        assertThat(report.torn().getFirst().what()).contains("header is gone");
        assertThat(report.missing()).containsExactly("before");
    }

    @Test
    void shouldNotWriteToAFileOfAMachineThatWentDown() throws Exception {
        Path folder = folder("down", whole);
        Files.writeString(folder.resolve("journal.lock"), "open another-start-of-the-machine\n");
        JournalVerifier.Report report = afterARun(folder);
        assertThat(report.sound()).isTrue();
        assertThat(report.torn()).as("it is whole").isEmpty();
        assertThat(report.answered()).isEqualTo(3);
        assertThat(JournalFolder.files(folder)).hasSize(2);
        assertThat(setAside(folder)).first().asString().contains("whole as far as can be seen");
    }

    @Test
    void shouldFindWhatWasChangedBeforeATornEnd() throws Exception {
        byte[] bytes = Arrays.copyOf(whole, end - 10);
        Path folder = folder("changed", bytes);
        assertThat(afterARun(folder).sound()).isTrue();
        Path aside = JournalFolder.files(folder).getFirst();
        byte[] changed = Files.readAllBytes(aside);
        changed[lastFrame - 60] ^= 1;
        Files.write(aside, changed);
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of());
        assertThat(report.sound()).isFalse();
        assertThat(report.damage()).isNotNull();
    }

    @Test
    void shouldSetASecondTornEndAsideBesideTheFirst() throws Exception {
        Path folder = folder("twice", Arrays.copyOf(whole, end - 10));
        afterARun(folder);
        Path newest = JournalFolder.files(folder).getLast();
        long last = 0;
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                last = reader.framePosition();
            }
        }
        Files.write(newest, Arrays.copyOf(Files.readAllBytes(newest), (int) last + 60));
        JournalVerifier.Report report = afterARun(folder);
        assertThat(report.damage()).isNull();
        assertThat(report.torn()).hasSize(2);
        assertThat(report.runs()).isEqualTo(3);
    }

    /** Requests that a reader meets from where it stands. */
    private static List<String> requests(JournalReader reader) {
        List<String> names = new ArrayList<>();
        while (reader.next()) {
            if (reader.record().type() == RecordType.INGRESS) {
                names.add(String.valueOf(IngressRecord.of(reader.record()).clientRequestId()));
            }
        }
        return names;
    }

    @Test
    void shouldBeReadOnBehindATornEndByWhoReadItBefore() throws Exception {
        Path torn = folder("followed", Arrays.copyOf(whole, end - 10));
        try (JournalReader reader = JournalReader.open(torn)) {
            assertThat(requests(reader)).containsExactly("before", "last");
            assertThat(reader.damage()).isNotNull();
            afterARun(torn);
            assertThat(requests(reader)).containsExactly("after");
            assertThat(reader.damage()).isNull();
            assertThat(reader.torn()).hasSize(1);
        }
    }

    @Test
    void shouldBeReadOnBehindAFileThatWasSetAsideWhole() throws Exception {
        Path down = folder("rebooted", whole);
        Files.writeString(down.resolve("journal.lock"), "open another-start-of-the-machine\n");
        try (JournalReader reader = JournalReader.open(down)) {
            assertThat(requests(reader)).containsExactly("before", "last");
            afterARun(down);
            assertThat(requests(reader)).containsExactly("after");
            assertThat(reader.damage()).isNull();
        }
    }
}

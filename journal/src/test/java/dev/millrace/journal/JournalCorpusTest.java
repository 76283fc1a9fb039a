package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a fuzzer begins with, and whatever it once found. */
class JournalCorpusTest {
    private static List<Path> corpus() throws Exception {
        Path folder =
                Path.of(
                        Objects.requireNonNull(JournalCorpusTest.class.getResource("/fuzz/journal"))
                                .toURI());
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> shouldReadAnything() throws Exception {
        return corpus().stream()
                .map(file ->
                        DynamicTest.dynamicTest(
                                String.valueOf(file.getFileName()),
                                () ->
                                        assertThatCode(() ->
                                                        FuzzedJournal.fuzzerTestOneInput(
                                                                Files.readAllBytes(file)))
                                                .doesNotThrowAnyException()));
    }

    @Test
    void shouldHoldARecordOfEveryKind() throws Exception {
        Set<RecordType> kinds = new HashSet<>();
        Set<RecordType> hashed = new HashSet<>();
        for (Path file : corpus()) {
            byte[] bytes = Files.readAllBytes(file);
            JournalRecord record = new JournalRecord();
            byte[] seed = Arrays.copyOfRange(bytes, 1, bytes.length);
            if (bytes[0] == 1 && record.wrap(seed, 0, seed.length) == null) {
                (record.hashed() ? hashed : kinds).add(record.type());
            }
        }
        assertThat(kinds).containsExactlyInAnyOrder(RecordType.values());
        assertThat(hashed)
                .contains(RecordType.INGRESS, RecordType.DECISION, RecordType.OUTPUT_TOKENS);
    }
}

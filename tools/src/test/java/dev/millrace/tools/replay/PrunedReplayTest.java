package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.journal.JournalPruner;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.RecordType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose first file, and with it the record of what executes it, was pruned. */
class PrunedReplayTest {
    /** Word of the queue, and head of a frame: what stands before a frame's first record. */
    private static final int BEFORE_FIRST_RECORD = 4 + 48;

    private static final int OWN_DOCUMENT = 0x40000000;
    private static final int LENGTH = 0x3FFFFFFF;

    @TempDir Path folder;

    private List<Verdict> verdicts() throws Exception {
        return new ReplayVerify(folder.resolve("pruned"), null).verify().verdicts();
    }

    /**
     * The journal with its records in two files, cut before its n-th request; the first is pruned.
     */
    private void pruneBeforeRequest(Path journal, int number) throws Exception {
        Path file;
        long cut;
        try (JournalReader reader = JournalReader.open(journal)) {
            int requests = 0;
            while (requests < number && reader.next()) {
                requests += reader.record().type() == RecordType.INGRESS ? 1 : 0;
            }
            file = reader.file();
            cut = reader.position() - BEFORE_FIRST_RECORD;
        }
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer queue = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer before = ByteBuffer.allocate(bytes.length);
        ByteBuffer behind = ByteBuffer.allocate(bytes.length);
        for (int at = 0; queue.getInt(at) != 0; ) {
            int word = queue.getInt(at);
            int next = (at + 4 + (word & LENGTH) + 3) & ~3;
            if ((word & OWN_DOCUMENT) == 0) {
                (at < cut ? before : behind).put(bytes, at, next - at);
            }
            at = next;
        }
        Path pruned = Files.createDirectory(folder.resolve("pruned"));
        write(pruned.resolve("20261123-01F.cq4"), before);
        write(pruned.resolve("20261123-02F.cq4"), behind);
        assertThat(JournalPruner.prune(pruned, 1, 0, false).files()).hasSize(1);
    }

    private static void write(Path file, ByteBuffer documents) throws Exception {
        byte[] bytes = new byte[documents.position() + 64];
        documents.flip().get(bytes, 0, documents.limit());
        Files.write(file, bytes);
    }

    @Test
    void shouldReplayWhatIsLeftOfItExactly() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.recordInTurn(journal, 4);
        pruneBeforeRequest(journal, 3);

        assertThat(verdicts())
                .extracting(Verdict::outcome)
                .containsExactly(Outcome.EXACT, Outcome.EXACT);
    }

    @Test
    void shouldNotCallDivergedWhatStoodOnAPrefixThatWasPruned() throws Exception {
        String body =
                """
                {"model":"austen-2.8m","prompt":"%s","max_tokens":8,"temperature":1}
                """
                        .formatted("Emma Woodhouse, handsome, clever, and rich, ".repeat(8));
        Path journal = folder.resolve("journal");
        RecordedDemo.recordBodies(journal, body, body, body);
        pruneBeforeRequest(journal, 3);

        List<Verdict> verdicts = verdicts();
        assertThat(verdicts).hasSize(1);
        if (verdicts.getFirst().outcome() != Outcome.EXACT) {
            assertThat(verdicts.getFirst().outcome()).isEqualTo(Outcome.NOT_COMPARABLE);
            assertThat(verdicts.getFirst().detail())
                    .contains("the beginning of its run was pruned");
        }
    }
}

package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.JournalExcerpt;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.StepRecord;
import dev.millrace.ringbuffer.LaneTurn;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A form of text that was refused, as too many others waited to be compiled, though it is sound.
 */
class RefusedFormReplayTest {
    @TempDir Path folder;

    /**
     * The same run, but that its forms were refused; null where a step must then have been none.
     */
    private static @Nullable LaneTurn refused(LaneTurn recorded) {
        var turn = new LaneTurn();
        turn.begin(recorded.lane, recorded.number, recorded.nowNanos, recorded.flush);
        boolean refused = false;
        for (int i = 0; i < recorded.eventCount(); i++) {
            boolean ready = recorded.event(i) == LaneTurn.Event.FORM_READY;
            refused |= ready;
            turn.event(
                    ready ? LaneTurn.Event.FORM_REFUSED : recorded.event(i),
                    recorded.eventRequest(i));
        }
        return refused || recorded.entryCount() == 0 ? turn : null;
    }

    private Path rewritten(Path journal) {
        Path other = folder.resolve("refused");
        try (JournalReader reader = JournalReader.open(journal)) {
            assertThat(reader.next()).isTrue();
            try (var excerpt = new JournalExcerpt(other, reader.record())) {
                var turn = new LaneTurn();
                while (reader.next()) {
                    JournalRecord record = reader.record();
                    switch (record.type()) {
                        case INGRESS, DECISION -> excerpt.add(record);
                        case STEP -> {
                            StepRecord.of(record).copyTo(turn);
                            LaneTurn refused = refused(turn);
                            if (refused != null) {
                                excerpt.add(record, refused);
                            }
                        }
                        default -> {}
                    }
                }
            }
        }
        return other;
    }

    @Test
    void shouldBeRefusedAlikeInAReplay() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.recordBodies(
                journal,
                """
                {"model":"austen-2.8m","prompt":"Emma","max_tokens":8,"guided_choice":["pride","prejudice"]}
                """);
        Path other = rewritten(journal);
        RecordedRun run = RecordedRun.of(other).getFirst();
        RecordedRequest request = run.requests().values().iterator().next();
        Map<String, Path> models =
                new RecordedModels(null, DemoModel.extractTo(folder.resolve("model")))
                        .folders(run.environment());

        try (var replay = new RunReplay(run, run.config(), models, TokenFault.NONE);
                var records = new RunRecords(other, 0)) {
            while (records.next()) {
                replay.next(records.record());
            }
            replay.settle();
        }

        assertThat(request.replayed.failure).contains("other forms of text wait to be compiled");
    }
}

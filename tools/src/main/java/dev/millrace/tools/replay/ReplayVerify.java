package dev.millrace.tools.replay;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.JournalException;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Re-drives every run of a journal and compares what comes out with what is on record.
 *
 * <p>One thread: the one that calls.
 */
final class ReplayVerify {
    private final Path journal;
    private final @Nullable Path models;
    private final TokenFault fault;

    /**
     * @param models a folder of model folders to look through first; or null
     */
    ReplayVerify(Path journal, @Nullable Path models) {
        this(journal, models, TokenFault.NONE);
    }

    /**
     * @param fault what is done to sampled tokens
     */
    ReplayVerify(Path journal, @Nullable Path models, TokenFault fault) {
        this.journal = journal;
        this.models = models;
        this.fault = fault;
    }

    /**
     * Replays.
     *
     * @throws JournalException where there is no journal
     */
    VerifyReport verify() throws IOException {
        var total = new VerifyReport(List.of(), 0, 0, 0, 0);
        List<RecordedRun> recorded = RecordedRun.of(journal);
        Map<Long, RecordedRequest> all = new HashMap<>();
        recorded.forEach(run -> all.putAll(run.requests()));
        Iterator<RecordedRun> runs = recorded.iterator();
        RunVerification current = null;
        try (var scratch = new Scratch();
                JournalReader reader = JournalReader.open(journal)) {
            var finder = new RecordedModels(models, DemoModel.extractTo(scratch.folder()));
            while (reader.next()) {
                JournalRecord record = reader.record();
                if (record.type() != RecordType.ENVIRONMENT) {
                    if (current != null) {
                        current.next(record);
                    }
                    continue;
                }
                if (current != null) {
                    total = total.and(current.end());
                    current = null;
                }
                if (!runs.hasNext()) {
                    // The server whose journal this is began a run meanwhile.
                    return total;
                }
                current = RunVerification.begin(runs.next(), all, finder, fault);
            }
            if (current != null) {
                total = total.and(current.end());
                current = null;
            }
            return total;
        } finally {
            if (current != null) {
                current.close();
            }
        }
    }
}

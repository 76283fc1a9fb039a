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
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Re-drives every run of a journal and compares what comes out with what is on record.
 *
 * <p>One thread: the one that calls.
 */
final class ReplayVerify {
    private final Path journal;
    private final @Nullable Path models;
    private final VerifyScope scope;
    private final TokenFault fault;

    /**
     * @param models a folder of model folders to look through first; or null
     */
    ReplayVerify(Path journal, @Nullable Path models) {
        this(journal, models, VerifyScope.ALL, TokenFault.NONE);
    }

    /**
     * @param models a folder of model folders to look through first; or null
     * @param scope what gets a verdict
     * @param fault what is done to sampled tokens
     */
    ReplayVerify(Path journal, @Nullable Path models, VerifyScope scope, TokenFault fault) {
        this.journal = journal;
        this.models = models;
        this.scope = scope;
        this.fault = fault;
    }

    /**
     * Replays. A run in which no request is asked for is passed over: another process left nothing
     * behind for it.
     *
     * @throws JournalException where there is no journal
     */
    VerifyReport verify() throws IOException {
        var total = new VerifyReport(List.of(), 0, 0, 0, 0);
        List<RecordedRun> recorded = RecordedRun.of(journal);
        Map<Long, RecordedRequest> all = new HashMap<>();
        recorded.forEach(run -> all.putAll(run.requests()));
        long firstNanos =
                all.values().stream()
                        .mapToLong(request -> request.arrivalWallNanos)
                        .min()
                        .orElse(0);
        Iterator<RecordedRun> runs = recorded.iterator();
        RunVerification current = null;
        boolean first = true;
        try (var scratch = new Scratch();
                JournalReader reader = JournalReader.open(journal)) {
            var finder = new RecordedModels(models, DemoModel.extractTo(scratch.folder()));
            while (reader.next()) {
                JournalRecord record = reader.record();
                boolean environment = record.type() == RecordType.ENVIRONMENT;
                boolean goesOn = first && reader.prunedEnvironment() != null;
                first = false;
                if (!environment && !goesOn) {
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
                RecordedRun run = scope.computed(runs.next());
                Set<Long> asked = asked(run, firstNanos);
                if (!asked.isEmpty()) {
                    current = RunVerification.begin(run, asked, all, finder, fault);
                    if (goesOn) {
                        current.next(record);
                    }
                }
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

    private Set<Long> asked(RecordedRun run, long firstWallNanos) {
        return run.requests().values().stream()
                .filter(request -> scope.asks(request, firstWallNanos))
                .map(request -> request.requestId)
                .collect(Collectors.toSet());
    }
}

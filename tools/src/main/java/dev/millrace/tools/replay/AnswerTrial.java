package dev.millrace.tools.replay;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Looks for answers that come out otherwise. One thread: the one that calls. */
final class AnswerTrial implements Trial {
    private final Path journal;
    private final RecordedModels models;
    private final Supplier<TokenFault> fault;

    /**
     * @param fault what is done to sampled tokens, for each replay
     */
    AnswerTrial(Path journal, RecordedModels models, Supplier<TokenFault> fault) {
        this.journal = journal;
        this.models = models;
        this.fault = fault;
    }

    @Override
    public Seen replay(RecordedRun run, List<Long> part) throws IOException {
        Map<String, Path> folders = models.folders(run.environment());
        RecordedRun some = run.only(Set.copyOf(part));
        try (var replay = new RunReplay(some, some.config(), folders, fault.get());
                var records = new RunRecords(journal, run.number())) {
            while (records.next()) {
                replay.next(records.record());
            }
            replay.settle();
            List<Verdict> other =
                    some.requests().values().stream()
                            .filter(request ->
                                    request.model.isEmpty() || folders.containsKey(request.model))
                            .map(Comparison::of)
                            .filter(verdict -> verdict.outcome() == Outcome.DIVERGED)
                            .toList();
            return new Seen(other, "");
        }
    }
}

package dev.millrace.tools.replay;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.JournalExcerpt;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.StepRecord;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the few requests of a journal that are enough for an answer to come out otherwise, and
 * writes them as a journal of their own.
 *
 * <p>What is left out is left out of its steps, so that others are computed in less company; the
 * texts on record are kept to all the same. One thread: the one that calls.
 */
final class Shrink {
    private final Path journal;
    private final @Nullable Path models;
    private final Supplier<TokenFault> fault;
    private final Consumer<String> progress;

    /**
     * What was found.
     *
     * @param requests ids, in order of arrival; empty where every answer came out the same
     * @param of how many there are in the run
     * @param tries replays
     * @param verdicts on the requests found
     */
    record Found(int run, List<Long> requests, int of, int tries, List<Verdict> verdicts) {}

    /**
     * @param models a folder of model folders to look through first; or null
     * @param fault what is done to sampled tokens, for each replay
     * @param progress told what is being tried
     */
    Shrink(
            Path journal,
            @Nullable Path models,
            Supplier<TokenFault> fault,
            Consumer<String> progress) {
        this.journal = journal;
        this.models = models;
        this.fault = fault;
        this.progress = progress;
    }

    /** Looks through the first run that has an answer which comes out otherwise. */
    Found find() throws IOException {
        try (var scratch = new Scratch()) {
            var finder = new RecordedModels(models, DemoModel.extractTo(scratch.folder()));
            for (RecordedRun run : RecordedRun.of(journal)) {
                Map<String, Path> folders = finder.folders(run.environment());
                List<Long> all =
                        run.requests().values().stream()
                                .filter(request -> request.decided)
                                .map(request -> request.requestId)
                                .toList();
                if (all.isEmpty() || diverged(run, folders, all).isEmpty()) {
                    continue;
                }
                var search =
                        new DeltaDebugging<Long>(part -> {
                            boolean fails = !diverged(run, folders, part).isEmpty();
                            progress.accept(
                                    "%d requests: %s"
                                            .formatted(
                                                    part.size(),
                                                    fails ? "an answer differs" : "all the same"));
                            return fails;
                        });
                List<Long> few = search.smallest(all);
                return new Found(
                        run.number(), few, all.size(), search.tries(), diverged(run, folders, few));
            }
        }
        return new Found(0, List.of(), 0, 0, List.of());
    }

    private List<Verdict> diverged(
            RecordedRun run, Map<String, Path> folders, Collection<Long> part) {
        RecordedRun some = run.only(new HashSet<>(part));
        try (var replay = new RunReplay(some, some.config(), folders, fault.get());
                var records = new RunRecords(journal, run.number())) {
            while (records.next()) {
                replay.next(records.record());
            }
            replay.settle();
            return some.requests().values().stream()
                    .filter(request ->
                            request.model.isEmpty() || folders.containsKey(request.model))
                    .map(Comparison::of)
                    .filter(verdict -> verdict.outcome() == Outcome.DIVERGED)
                    .toList();
        }
    }

    /**
     * Writes some requests of a run as a journal.
     *
     * @param out a folder that holds none
     */
    void write(Found found, Path out) {
        Set<Long> kept = new HashSet<>(found.requests);
        var recorded = new LaneTurn();
        var left = new LaneTurn();
        try (var records = new RunRecords(journal, found.run)) {
            records.next();
            try (var excerpt = new JournalExcerpt(out, records.record())) {
                while (records.next()) {
                    JournalRecord record = records.record();
                    if (kept.contains(record.requestId())) {
                        excerpt.add(record);
                    } else if (record.type() == RecordType.STEP) {
                        StepRecord.of(record).copyTo(recorded);
                        keep(recorded, kept, left);
                        if (!left.isEmpty()) {
                            excerpt.add(record, left);
                        }
                    }
                }
            }
        }
    }

    private static void keep(LaneTurn recorded, Set<Long> kept, LaneTurn into) {
        into.begin(recorded.lane, recorded.number, recorded.nowNanos, recorded.flush);
        for (int i = 0; i < recorded.eventCount(); i++) {
            if (kept.contains(recorded.eventRequest(i))) {
                into.event(recorded.event(i), recorded.eventRequest(i));
            }
        }
        for (int i = 0; i < recorded.entryCount(); i++) {
            if (kept.contains(recorded.request(i))) {
                into.entry(
                        recorded.request(i),
                        recorded.run(i),
                        recorded.start(i),
                        recorded.count(i),
                        recorded.drafts(i));
            }
        }
    }
}

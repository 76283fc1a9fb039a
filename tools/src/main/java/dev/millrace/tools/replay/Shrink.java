package dev.millrace.tools.replay;

import dev.millrace.journal.JournalExcerpt;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.StepRecord;
import dev.millrace.ringbuffer.LaneTurn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds the few requests of a journal that are enough for an answer to come out otherwise, or for
 * the process to end, and writes them as a journal of their own.
 *
 * <p>What is left out is left out of its steps, so that others are computed in less company; the
 * texts on record are kept to all the same. One thread: the one that calls.
 */
final class Shrink {
    private final Path journal;
    private final Trial trial;
    private final Consumer<String> progress;

    /**
     * What was found.
     *
     * @param requests ids, in order of arrival; empty where nothing goes wrong
     * @param of how many there are in the run
     * @param tries replays
     * @param seen what goes wrong with the requests found
     */
    record Found(int run, List<Long> requests, int of, int tries, Trial.Seen seen) {}

    /**
     * @param trial what is looked for
     * @param progress told what is being tried
     */
    Shrink(Path journal, Trial trial, Consumer<String> progress) {
        this.journal = journal;
        this.trial = trial;
        this.progress = progress;
    }

    /** Looks through the first run that goes wrong when it is replayed. */
    Found find() throws IOException {
        for (RecordedRun run : RecordedRun.of(journal)) {
            List<Long> all =
                    run.requests().values().stream()
                            .filter(request -> request.decided)
                            .map(request -> request.requestId)
                            .toList();
            // Of one whose beginning was pruned no excerpt can be made.
            if (run.pruned() || all.isEmpty() || !tried(run, all).wrong()) {
                continue;
            }
            var search = new DeltaDebugging<Long>(part -> tried(run, part).wrong());
            List<Long> few = search.smallest(all);
            return new Found(
                    run.number(), few, all.size(), search.tries() + 2, trial.replay(run, few));
        }
        return new Found(0, List.of(), 0, 0, Trial.Seen.WELL);
    }

    private Trial.Seen tried(RecordedRun run, List<Long> part) {
        try {
            Trial.Seen seen = trial.replay(run, part);
            String what = seen.end().isEmpty() ? "an answer differs" : seen.end();
            progress.accept(
                    "%d requests: %s".formatted(part.size(), seen.wrong() ? what : "all is well"));
            return seen;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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

package dev.millrace.tools.replay;

import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RequestIds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The verification of one run: what cannot be compared is said so, all else is replayed. */
final class RunVerification implements AutoCloseable {
    private static final String PRUNED =
            "the beginning of its run was pruned, and with it what its lane held: ";

    private final RecordedRun run;
    private final Set<Long> asked;

    /** Asked for, and not answered to the end in the records so far. */
    private final Set<Long> open;

    private final Map<String, Path> folders;
    private final Map<Long, RecordedRequest> all;
    private final long beganNanos;

    /** Null where nothing of the run can be compared; {@link #reason} says why. */
    private final @Nullable RunReplay replay;

    private final String reason;

    private RunVerification(
            RecordedRun run,
            Set<Long> asked,
            Map<String, Path> folders,
            Map<Long, RecordedRequest> all,
            long beganNanos,
            @Nullable RunReplay replay,
            String reason) {
        this.run = run;
        this.asked = asked;
        this.open = new HashSet<>(asked);
        this.folders = folders;
        this.all = all;
        this.beganNanos = beganNanos;
        this.replay = replay;
        this.reason = reason;
    }

    /**
     * Loads what executed the run.
     *
     * @param asked ids of the requests that get a verdict
     * @param all requests of every run, by id
     */
    static RunVerification begin(
            RecordedRun run,
            Set<Long> asked,
            Map<Long, RecordedRequest> all,
            RecordedModels finder,
            TokenFault fault)
            throws IOException {
        long began = System.nanoTime();
        Map<String, Path> folders = finder.folders(run.environment());
        var replay = new RunReplay(run, run.config(), folders, fault);
        String differences = Environments.differences(run.environment(), replay.environment());
        if (differences.isEmpty()) {
            return new RunVerification(run, asked, folders, all, began, replay, "");
        }
        replay.close();
        return new RunVerification(run, asked, folders, all, began, null, differences);
    }

    /** The next record of the run; those behind the last answer asked for change nothing. */
    void next(JournalRecord record) {
        if (replay == null || open.isEmpty()) {
            return;
        }
        replay.next(record);
        if (record.last()) {
            open.remove(record.requestId());
        }
    }

    /** The verdicts; the run is over. */
    VerifyReport end() {
        if (replay != null) {
            replay.settle();
        }
        var verdicts =
                run.requests().values().stream()
                        .filter(request -> asked.contains(request.requestId))
                        .map(this::verdict)
                        .toList();
        close();
        long millis = (System.nanoTime() - beganNanos) / 1_000_000;
        return replay == null
                ? new VerifyReport(verdicts, 0, 0, 0, millis)
                : new VerifyReport(
                        verdicts, replay.steps(), replay.tokens(), replay.otherSteps(), millis);
    }

    private Verdict verdict(RecordedRequest request) {
        if (request.repeated != 0 && request.bodyStored) {
            return repeated(request);
        }
        String missing = reason.isEmpty() ? missing(request) : reason;
        if (!missing.isEmpty()) {
            return Comparison.notComparable(request, missing);
        }
        Verdict verdict = Comparison.of(request);
        return run.pruned() && verdict.outcome() != Outcome.EXACT && !request.note.isEmpty()
                ? Comparison.notComparable(request, PRUNED + request.note)
                : verdict;
    }

    /** It was answered from the record, so the record is what it is compared with. */
    private Verdict repeated(RecordedRequest request) {
        RecordedRequest first = all.get(request.repeated);
        return first == null
                ? Comparison.notComparable(
                        request,
                        "it was answered from the record of request "
                                + RequestIds.hex(request.repeated)
                                + ", which this journal does not hold any more")
                : Comparison.of(request, first.recorded);
    }

    private String missing(RecordedRequest request) {
        String impossible = request.notReplayable();
        if (!impossible.isEmpty()) {
            return impossible;
        }
        if (request.model.isEmpty() || replay == null) {
            return "";
        }
        return folders.containsKey(request.model)
                ? Environments.modelDifference(
                        run.environment(), replay.environment(), request.model)
                : Environments.missing(run.environment(), request.model);
    }

    @Override
    public void close() {
        if (replay != null) {
            replay.close();
        }
    }
}

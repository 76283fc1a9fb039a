package dev.millrace.journal;

import dev.millrace.ringbuffer.LaneTurn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the last run of a journal was doing where the journal ends: after a kill or a crash in
 * native code, which step each lane had begun and which requests were in it, and which others had
 * no last word. One thread; memory by what was in flight.
 *
 * <p>A step was running where it is its lane's last turn on record and some entry of it has neither
 * an output nor its request's last word behind it. Its end is not on record: it may have ended in
 * the moment before.
 */
public final class JournalPostmortem {
    /** How far a request had come. */
    public enum Progress {
        /** On record; nothing is decided. */
        RECEIVED,
        /** Refused, and not told so. */
        REFUSED,
        /** Admitted; its lane has not taken it. */
        ADMITTED,
        /** Taken by its lane; in no step yet. */
        WAITING,
        /** In a step; no output is on record. */
        STARTED,
        /** Answered in part. */
        ANSWERING
    }

    /**
     * A request without a last word.
     *
     * @param line the request line
     * @param openNanos from arrival to the end of the journal
     * @param lane -1 where none is decided
     * @param tokens of the answer, on record
     * @param cancelled whether its client had gone away
     */
    public record Request(
            long requestId,
            String clientRequestId,
            String line,
            long arrivalWallNanos,
            long openNanos,
            Progress progress,
            int lane,
            int tokens,
            boolean cancelled) {}

    /** A request's part in a step; see {@link StepRecord}. */
    public record Entry(long requestId, int run, int start, int count, int drafts) {}

    /**
     * A lane where the journal ends.
     *
     * @param model empty where the environment does not name it
     * @param turn its last turn on record, or -1
     * @param running whether that turn was executing
     * @param begunWallNanos when that turn was put on record; 0 where there is none
     * @param entries what was executing; empty where nothing was
     */
    public record LaneEnd(
            int lane,
            String model,
            long turn,
            boolean running,
            long begunWallNanos,
            List<Entry> entries) {
        public LaneEnd {
            entries = List.copyOf(entries);
        }
    }

    /**
     * The whole of it.
     *
     * @param environment of the run; null where the journal does not begin with one
     * @param begunWallNanos its first record
     * @param endedWallNanos its last record
     * @param records of the run
     * @param lanes by number
     * @param requests without a last word, by arrival
     */
    public record Report(
            @Nullable EnvironmentRecord environment,
            long begunWallNanos,
            long endedWallNanos,
            long records,
            List<LaneEnd> lanes,
            List<Request> requests,
            @Nullable JournalDamage damage) {
        public Report {
            lanes = List.copyOf(lanes);
            requests = List.copyOf(requests);
        }

        /** Whether every request has its last word: nothing was cut off. */
        public boolean atRest() {
            return requests.isEmpty();
        }
    }

    /** A lane's last turn on record. */
    private static final class LastTurn {
        private final LaneTurn turn = new LaneTurn();
        private long recordIndex;
        private long wallNanos;
    }

    private final Long2ObjectHashMap<OpenRequest> open = new Long2ObjectHashMap<>();
    private final Map<Integer, LastTurn> lanes = new TreeMap<>();
    private @Nullable EnvironmentRecord environment;
    private long begunWallNanos;
    private long endedWallNanos;
    private long endedClockNanos;
    private long records;

    private JournalPostmortem() {}

    /**
     * @throws JournalException where there is no journal
     */
    public static Report of(Path folder) {
        var postmortem = new JournalPostmortem();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                postmortem.see(reader.record());
            }
            return postmortem.report(reader.damage());
        }
    }

    private void see(JournalRecord record) {
        if (record.type() == RecordType.ENVIRONMENT) {
            open.clear();
            lanes.clear();
            records = 0;
            environment = EnvironmentRecord.of(record);
        }
        if (records++ == 0) {
            begunWallNanos = record.wallNanos();
        }
        endedWallNanos = record.wallNanos();
        endedClockNanos = record.clockNanos();
        if (record.type() == RecordType.INGRESS) {
            open.put(record.requestId(), new OpenRequest(record));
        } else if (record.type() == RecordType.STEP) {
            step(record);
        } else if (record.last()) {
            open.remove(record.requestId());
        } else {
            OpenRequest request = open.get(record.requestId());
            if (request != null) {
                request.see(record);
            }
        }
    }

    private void step(JournalRecord record) {
        StepRecord step = StepRecord.of(record);
        LastTurn last = lanes.computeIfAbsent(step.lane(), _ -> new LastTurn());
        step.copyTo(last.turn);
        last.recordIndex = record.recordIndex();
        last.wallNanos = record.wallNanos();
        for (int i = 0; i < step.eventCount(); i++) {
            OpenRequest request = open.get(step.eventRequest(i));
            if (request != null) {
                request.noticed(step.event(i));
            }
        }
        for (int i = 0; i < step.entryCount(); i++) {
            OpenRequest request = open.get(step.request(i));
            if (request != null) {
                request.executed();
            }
        }
    }

    private Report report(@Nullable JournalDamage damage) {
        List<EnvironmentRecord.Model> models =
                environment == null ? List.of() : environment.models();
        var ends = new TreeMap<Integer, LaneEnd>();
        for (int lane = 0; lane < models.size(); lane++) {
            ends.put(lane, new LaneEnd(lane, models.get(lane).name(), -1, false, 0, List.of()));
        }
        lanes.forEach((lane, last) ->
                ends.put(lane, end(last, lane < models.size() ? models.get(lane).name() : "")));
        List<Request> requests =
                open.values().stream()
                        .map(request -> request.report(endedClockNanos))
                        .sorted((a, b) -> Long.compare(b.openNanos(), a.openNanos()))
                        .toList();
        return new Report(
                environment,
                begunWallNanos,
                endedWallNanos,
                records,
                List.copyOf(ends.values()),
                requests,
                damage);
    }

    private LaneEnd end(LastTurn last, String model) {
        boolean running = false;
        var entries = new ArrayList<Entry>();
        LaneTurn turn = last.turn;
        for (int i = 0; i < turn.entryCount(); i++) {
            OpenRequest request = open.get(turn.request(i));
            running |= request != null && !request.answeredSince(turn.run(i), last.recordIndex);
            entries.add(
                    new Entry(
                            turn.request(i),
                            turn.run(i),
                            turn.start(i),
                            turn.count(i),
                            turn.drafts(i)));
        }
        return new LaneEnd(
                turn.lane,
                model,
                turn.number,
                running,
                last.wallNanos,
                running ? entries : List.of());
    }
}

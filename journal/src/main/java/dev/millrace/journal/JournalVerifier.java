package dev.millrace.journal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a journal from start to end and says whether it is whole: checksum, order and chain of
 * every record, and per request that its ingress was seen before its outputs and its last word
 * once. One thread; memory by what was in flight, not by what was recorded.
 */
public final class JournalVerifier {
    /** More than these are counted, not listed. */
    private static final int LISTED_PROBLEMS = 100;

    private final RequestLives lives = new RequestLives();
    private final ExpectedAnswers expected;
    private final byte @Nullable [] expectedHead;
    private boolean headFound;
    private long firstRecord = -1;
    private final List<String> problems = new ArrayList<>();
    private long problemCount;
    private long runs;
    private long records;
    private long bytes;
    private long requests;
    private long answered;
    private long refused;
    private long cancelled;
    private long unfinished;
    private long gaps;
    private long unwritten;
    private long served;
    private boolean gapInRun;
    private boolean begunBefore;

    /**
     * What was found.
     *
     * @param runs runs of servers that wrote the journal
     * @param requests requests on record
     * @param answered with a whole answer
     * @param refused with an error status, those that could not be put on record included
     * @param cancelled ended because the client went away
     * @param unfinished without a last word: in flight when their server died, or still
     * @param gaps times that records could not be written for a while
     * @param unwritten records that were not
     * @param served of those, the ones whose requests were served all the same
     * @param expected answers that should be there
     * @param missing of those, the ones that are not there or not whole
     * @param problems records out of order, at most 100 of them in words
     * @param problemCount all of them
     * @param beginning how it begins
     * @param firstRecord index of its first record in its run; -1 where there is none
     * @param head chain of its last whole frame of records, hex: whoever notes it can have it
     *     looked for
     * @param headFound whether the head that was asked for is a chain of it; true where none was
     *     asked for
     * @param pruned what was removed before its first record; null where nothing was
     * @param torn ends of files that a power cut tore: what was written there is lost
     * @param damage where the journal stops being readable, or null
     */
    public record Report(
            long runs,
            long records,
            long bytes,
            long requests,
            long answered,
            long refused,
            long cancelled,
            long unfinished,
            long gaps,
            long unwritten,
            long served,
            long expected,
            List<String> missing,
            List<String> problems,
            long problemCount,
            JournalReader.Beginning beginning,
            long firstRecord,
            String head,
            boolean headFound,
            @Nullable PruneNote pruned,
            List<JournalDamage> torn,
            @Nullable JournalDamage damage) {
        public Report {
            torn = List.copyOf(torn);
            missing = List.copyOf(missing);
            problems = List.copyOf(problems);
        }

        /** Whether nothing is wrong; an unfinished request is not. */
        public boolean sound() {
            return damage == null
                    && problemCount == 0
                    && missing.isEmpty()
                    && headFound
                    && served == 0
                    && beginning != JournalReader.Beginning.MISSING;
        }
    }

    private JournalVerifier(ExpectedAnswers expected, byte @Nullable [] expectedHead) {
        this.expected = expected;
        this.expectedHead = expectedHead;
    }

    /** Without a head that must be found. */
    public static Report verify(Path folder, Collection<String> expected) {
        return verify(folder, expected, null);
    }

    /**
     * @param expected names of requests whose answers a client received: hex ids, response ids or
     *     {@code x-request-id}s
     * @param head a chain that must be there, {@link RecordChain#BYTES} long; null for none
     * @throws JournalException where there is no journal
     */
    public static Report verify(Path folder, Collection<String> expected, byte @Nullable [] head) {
        ExpectedAnswers answers = new ExpectedAnswers(expected);
        try (JournalReader reader = JournalReader.open(folder)) {
            JournalVerifier verifier = new JournalVerifier(answers, head);
            while (reader.next()) {
                verifier.see(reader.record(), reader);
            }
            return verifier.report(expected.size(), reader);
        }
    }

    private void see(JournalRecord record, JournalReader reader) {
        if (records++ == 0) {
            firstRecord = record.recordIndex();
            begunBefore = reader.beginning() == JournalReader.Beginning.PRUNED;
        }
        if (expectedHead != null && !headFound) {
            headFound = Arrays.equals(expectedHead, reader.head());
        }
        bytes += record.length();
        if (record.type() == RecordType.ENVIRONMENT) {
            runs++;
            unfinished += lives.abandon();
            gapInRun = false;
            begunBefore = false;
            return;
        }
        if (record.type() == RecordType.GAP) {
            gaps++;
            GapRecord gap = GapRecord.of(record);
            unwritten += gap.records();
            served += gap.served() ? gap.records() : 0;
            gapInRun = true;
            return;
        }
        if (record.type() == RecordType.INGRESS) {
            requests++;
        }
        RequestLives.Life life = lives.see(record);
        if (!record.type().output()) {
            return;
        }
        if (life == null) {
            withoutIngress(record);
        } else if (record.last()) {
            ended(record);
            expected.complete(life.requestId, life.clientRequestId);
        }
    }

    /** Only a request that could not be put on record may be answered without being there. */
    private void withoutIngress(JournalRecord record) {
        if (record.type() == RecordType.OUTPUT_FAILURE) {
            FailureRecord failure = FailureRecord.of(record);
            if (failure.httpStatus() == 503 || failure.httpStatus() == 500) {
                refused++;
                expected.complete(record.requestId(), "");
                return;
            }
        }
        if (begunBefore) {
            // Its ingress may be among what was pruned.
            return;
        }
        if (gapInRun) {
            // It may be among what was not written.
            return;
        }
        problem(record, "answers a request that is not open");
    }

    private void ended(JournalRecord last) {
        switch (RequestLives.end(last)) {
            case ANSWERED -> answered++;
            case REFUSED -> refused++;
            case CANCELLED -> cancelled++;
        }
    }

    private void problem(JournalRecord record, String what) {
        problemCount++;
        if (problems.size() < LISTED_PROBLEMS) {
            problems.add(
                    "record %d: %s of request %s %s"
                            .formatted(
                                    record.recordIndex(),
                                    record.type(),
                                    RequestIds.hex(record.requestId()),
                                    what));
        }
    }

    private Report report(int expectedCount, JournalReader reader) {
        return new Report(
                runs,
                records,
                bytes,
                requests,
                answered,
                refused,
                cancelled,
                unfinished + lives.openCount(),
                gaps,
                unwritten,
                served,
                expectedCount,
                expected.missing(),
                problems,
                problemCount,
                reader.beginning(),
                firstRecord,
                HexFormat.of().formatHex(reader.head()),
                expectedHead == null || headFound,
                reader.pruned(),
                reader.torn(),
                reader.damage());
    }
}

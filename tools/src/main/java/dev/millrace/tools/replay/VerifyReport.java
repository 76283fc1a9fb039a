package dev.millrace.tools.replay;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The verdicts on all requests of a journal.
 *
 * @param verdicts in order of arrival
 * @param steps lane turns that were repeated
 * @param tokens that were sampled again
 * @param otherSteps turns in which a lane executed other entries than on record
 * @param millis it took, loading models included
 */
record VerifyReport(List<Verdict> verdicts, long steps, long tokens, long otherSteps, long millis) {
    VerifyReport {
        verdicts = List.copyOf(verdicts);
    }

    /** Whether every request was answered with the same bits. */
    boolean exact() {
        return verdicts.stream().allMatch(verdict -> verdict.outcome() == Outcome.EXACT);
    }

    /** How many requests got each verdict; none with a count of 0. */
    Map<Outcome, Long> counts() {
        var counts = new EnumMap<Outcome, Long>(Outcome.class);
        verdicts.forEach(verdict -> counts.merge(verdict.outcome(), 1L, Long::sum));
        return counts;
    }

    /** Requests whose answers the recording does not bring to an end. */
    long unfinished() {
        return verdicts.stream().filter(Verdict::unfinished).count();
    }

    /** One after the other, as one journal's runs follow. */
    VerifyReport and(VerifyReport next) {
        var both = new ArrayList<>(verdicts);
        both.addAll(next.verdicts);
        return new VerifyReport(
                both,
                steps + next.steps,
                tokens + next.tokens,
                otherSteps + next.otherSteps,
                millis + next.millis);
    }
}

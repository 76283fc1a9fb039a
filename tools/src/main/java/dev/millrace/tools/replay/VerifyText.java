package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.util.StringJoiner;

/** A report for people: a line for each request, and one for all. */
final class VerifyText {
    private VerifyText() {}

    /** Its ids, the verdict and what there is to say. */
    static String line(Verdict verdict) {
        String detail =
                switch (verdict.outcome()) {
                    case EXACT -> "";
                    case DIVERGED -> " " + verdict.detail();
                    case TOKENS_EQUAL, NOT_COMPARABLE -> ": " + verdict.detail();
                };
        return "%s  %s  %s%s%s"
                .formatted(
                        RequestIds.hex(verdict.requestId()),
                        verdict.clientRequestId(),
                        verdict.outcome(),
                        detail,
                        verdict.unfinished() ? " (no end on record)" : "");
    }

    /** Counts, and what was done for them. */
    static String summary(VerifyReport report) {
        var counts = new StringJoiner(", ");
        report.counts().forEach((outcome, count) -> counts.add(count + " " + outcome));
        String unfinished =
                report.unfinished() == 0
                        ? ""
                        : " (%d without an end on record)".formatted(report.unfinished());
        String other =
                report.otherSteps() == 0
                        ? ""
                        : "; %d steps hold other entries than on record"
                                .formatted(report.otherSteps());
        return "%d requests: %s%s; %d steps and %d tokens again in %.1f s%s"
                .formatted(
                        report.verdicts().size(),
                        counts.length() == 0 ? "none" : counts,
                        unfinished,
                        report.steps(),
                        report.tokens(),
                        report.millis() / 1000.0,
                        other);
    }
}

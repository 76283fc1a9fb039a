package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import dev.millrace.tools.Printable;
import java.util.Formatter;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A report for people who read a terminal. */
final class WhatIfText {
    private WhatIfText() {}

    /** The whole report, without texts. */
    static String of(WhatIfReport report) {
        var text = new StringBuilder();
        var to = new Formatter(text, Locale.ROOT);
        to.format("what if: %s\n", report.change());
        group(to, "", report.all());
        if (!report.baseline().isEmpty()) {
            var baseline = new ComparedGroup("as recorded", report.baseline());
            to.format(
                    "  as recorded, simulated alike: %s the same\n", percent(baseline.sameRate()));
        }
        latency(to, report, "first word, ms", Timing::firstNanos);
        latency(to, report, "whole answer, ms", Timing::totalNanos);
        report.models().forEach(model -> group(to, "model ", model));
        report.callers().forEach(caller -> group(to, "caller ", caller));
        for (WhatIfReport.Different different : report.different()) {
            Compared compared = different.compared();
            to.format(
                    "%s  %s  %s, edit distance %.2f\n",
                    RequestIds.hex(compared.request().requestId),
                    compared.request().clientRequestId,
                    compared.detail(),
                    compared.distance());
        }
        report.notes().forEach(note -> to.format("%s\n", note));
        to.format(
                "%d steps and %d tokens; all simulations took %.1f s\n",
                report.executions(), report.tokens(), report.millis() / 1000.0);
        return Printable.text(text.append(WhatIfReport.LATENCIES).toString());
    }

    private static void group(Formatter to, String kind, ComparedGroup group) {
        to.format(
                "%s%s: %d requests, %s of %d the same (%d EXACT, %d TOKENS_EQUAL),"
                        + " %d DIVERGED%s%s\n",
                kind,
                group.name(),
                group.requests().size(),
                percent(group.sameRate()),
                group.compared(),
                group.count(Outcome.EXACT),
                group.count(Outcome.TOKENS_EQUAL),
                group.count(Outcome.DIVERGED),
                some(group.count(Outcome.NOT_COMPARABLE), "NOT_COMPARABLE"),
                some(group.cut(), "compared as far as both go"));
        if (group.differentTexts() > 0) {
            to.format(
                    "  texts: first differ at token %.0f (median; mean %.1f); edit distance %.3f;"
                            + " %d tokens instead of %d\n",
                    group.medianDivergence(),
                    group.meanDivergence(),
                    group.meanDistance(),
                    group.replayedTokens(),
                    group.recordedTokens());
        }
        Vectors.Distance vectors = group.vectors();
        if (vectors != null) {
            to.format(
                    "  vectors: cosine distance at most %.3g, elements at most %.3g apart\n",
                    vectors.cosine(), vectors.largest());
        }
    }

    private static void latency(
            Formatter to, WhatIfReport report, String name, ToLongFunction<Timing> which) {
        Percentiles then = report.all().latency(Compared::recorded, which);
        Percentiles baseline = report.all().latency(Compared::baseline, which);
        Percentiles changed = report.all().latency(Compared::replayed, which);
        if (changed == null) {
            return;
        }
        String[] names = {"p50", "p90", "p99"};
        to.format("  %-17s %10s %12s %10s %6s\n", name, "then", "as recorded", "what if", "ratio");
        for (int i = 0; i < names.length; i++) {
            to.format(
                    "    %-15s %10s %12s %10s %6s\n",
                    names[i],
                    millis(then, i),
                    millis(baseline, i),
                    millis(changed, i),
                    ratio(changed, baseline, i));
        }
    }

    /** In milliseconds; a dash for none. */
    static String millis(@Nullable Percentiles percentiles, int which) {
        return percentiles == null
                ? "-"
                : String.format(Locale.ROOT, "%.1f", percentiles.all()[which] / 1e6);
    }

    /** The one by the other; a dash where there is none. */
    static String ratio(@Nullable Percentiles changed, @Nullable Percentiles baseline, int which) {
        return changed == null || baseline == null || baseline.all()[which] == 0
                ? "-"
                : String.format(
                        Locale.ROOT, "%.2f", (double) changed.all()[which] / baseline.all()[which]);
    }

    /** A rate as per cent; 100 only where it is the whole. */
    static String percent(double rate) {
        double percent = Math.floor(rate * 1000) / 10;
        return String.format(Locale.ROOT, "%.1f%%", percent);
    }

    private static String some(long count, String what) {
        return count == 0 ? "" : ", %d %s".formatted(count, what);
    }
}

package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import dev.millrace.tools.page.HtmlPage;
import dev.millrace.tools.page.HtmlText;
import dev.millrace.tools.page.SvgBars;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A report as one page that loads nothing. All text in it that was recorded is escaped. */
final class WhatIfHtml {
    private static final String[] PERCENTILES = {"p50", "p90", "p99"};

    private final WhatIfReport report;
    private final HtmlPage page;

    private WhatIfHtml(WhatIfReport report) {
        this.report = report;
        page = new HtmlPage("What if: " + report.change() + "; journal " + report.journal());
    }

    /** The page. */
    static String of(WhatIfReport report) {
        return new WhatIfHtml(report).page();
    }

    private String page() {
        page.element("h1", "What if: " + report.change());
        summary();
        latency("To the first word", Timing::firstNanos);
        latency("To the whole answer", Timing::totalNanos);
        page.element("p", WhatIfReport.LATENCIES);
        divergences();
        groups("By model", report.models());
        groups("By caller", report.callers());
        different();
        return page.end();
    }

    private void summary() {
        ComparedGroup all = report.all();
        page.element("p", "rate", WhatIfText.percent(all.sameRate()) + " the same");
        page.element(
                "p",
                ("%d requests of journal %s, %d of them compared: %d exact,"
                                + " %d with the same tokens, %d another.")
                        .formatted(
                                all.requests().size(),
                                report.journal(),
                                all.compared(),
                                all.count(Outcome.EXACT),
                                all.count(Outcome.TOKENS_EQUAL),
                                all.count(Outcome.DIVERGED)));
        if (!report.baseline().isEmpty()) {
            double rate = new ComparedGroup("", report.baseline()).sameRate();
            page.element(
                    "p",
                    "The recorded policy, simulated alike, gives %s the same."
                            .formatted(WhatIfText.percent(rate)));
        }
        report.notes().forEach(note -> page.element("p", note));
    }

    private void latency(String title, ToLongFunction<Timing> which) {
        Percentiles then = report.all().latency(Compared::recorded, which);
        Percentiles baseline = report.all().latency(Compared::baseline, which);
        Percentiles changed = report.all().latency(Compared::replayed, which);
        if (changed == null) {
            return;
        }
        page.element("h2", title);
        var bars = new ArrayList<SvgBars.Bar>();
        page.table();
        page.row("th", "ms", "server, then", "as recorded, here", "what if, here", "ratio");
        for (int i = 0; i < PERCENTILES.length; i++) {
            page.row(
                    "td",
                    PERCENTILES[i],
                    WhatIfText.millis(then, i),
                    WhatIfText.millis(baseline, i),
                    WhatIfText.millis(changed, i),
                    WhatIfText.ratio(changed, baseline, i));
            if (baseline != null) {
                bars.add(bar(PERCENTILES[i] + " as recorded", baseline, i, false));
            }
            bars.add(bar(PERCENTILES[i] + " what if", changed, i, true));
        }
        page.tableEnd().raw(SvgBars.of(title, bars));
    }

    private static SvgBars.Bar bar(
            String label, @Nullable Percentiles percentiles, int which, boolean other) {
        double length = percentiles == null ? 0 : percentiles.all()[which];
        return new SvgBars.Bar(label, length, WhatIfText.millis(percentiles, which) + " ms", other);
    }

    private void divergences() {
        ComparedGroup all = report.all();
        if (all.differentTexts() == 0) {
            return;
        }
        page.element("h2", "Where texts part");
        int[] counts = all.divergences();
        int end = counts.length;
        while (counts[end - 1] == 0) {
            end--;
        }
        var bars = new ArrayList<SvgBars.Bar>();
        for (int i = 0; i < end; i++) {
            int from = ComparedGroup.bucketStart(i);
            int to = ComparedGroup.bucketStart(i + 1) - 1;
            boolean open = i == ComparedGroup.BUCKETS - 1;
            String range =
                    open || to > from ? "%d to %s".formatted(from, open ? "end" : to) : "" + from;
            bars.add(new SvgBars.Bar("token " + range, counts[i], "" + counts[i], false));
        }
        page.raw(SvgBars.of("First token that differs", bars));
    }

    private void groups(String title, List<ComparedGroup> groups) {
        page.element("h2", title);
        page.table();
        page.row(
                "th",
                "",
                "requests",
                "the same",
                "diverged",
                "not compared",
                "first differs at (median)",
                "edit distance",
                "tokens",
                "instead of",
                "cosine distance",
                "total p50 ratio",
                "p99 ratio");
        groups.forEach(this::group);
        page.tableEnd();
    }

    private void group(ComparedGroup group) {
        Percentiles baseline = group.latency(Compared::baseline, Timing::totalNanos);
        Percentiles changed = group.latency(Compared::replayed, Timing::totalNanos);
        Vectors.Distance vectors = group.vectors();
        page.row(
                "td",
                group.name(),
                "" + group.requests().size(),
                WhatIfText.percent(group.sameRate()),
                "" + group.count(Outcome.DIVERGED),
                "" + group.count(Outcome.NOT_COMPARABLE),
                number("%.0f", group.medianDivergence()),
                number("%.3f", group.meanDistance()),
                "" + group.replayedTokens(),
                "" + group.recordedTokens(),
                vectors == null ? "-" : number("%.2g", vectors.cosine()),
                WhatIfText.ratio(changed, baseline, 0),
                WhatIfText.ratio(changed, baseline, 2));
    }

    private void different() {
        if (report.different().isEmpty()) {
            return;
        }
        page.element("h2", "What differs most");
        for (WhatIfReport.Different different : report.different()) {
            Compared compared = different.compared();
            RecordedRequest request = compared.request();
            page.element(
                    "h3",
                    "%s %s %s: %s, edit distance %s"
                            .formatted(
                                    RequestIds.hex(request.requestId),
                                    request.clientRequestId,
                                    request.model,
                                    compared.detail(),
                                    number("%.2f", compared.distance())));
            page.raw("<div class=\"texts\">\n");
            texts(different.recorded(), different.replayed());
            page.raw("</div>\n");
        }
    }

    private void texts(String recorded, String replayed) {
        int parts = 0;
        int both = Math.min(recorded.length(), replayed.length());
        while (parts < both && recorded.charAt(parts) == replayed.charAt(parts)) {
            parts++;
        }
        for (String text : List.of(recorded, replayed)) {
            int end = Math.min(text.length(), HtmlText.SHOWN);
            int at = Math.min(parts, end);
            page.raw("<pre dir=\"auto\">")
                    .raw(HtmlText.of(text.substring(0, at)))
                    .raw("<mark>")
                    .raw(HtmlText.shortened(text.substring(at)))
                    .raw("</mark></pre>\n");
        }
    }

    private static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
    }
}

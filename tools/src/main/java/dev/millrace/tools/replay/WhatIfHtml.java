package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A report as one page that loads nothing. All text in it that was recorded is escaped. */
final class WhatIfHtml {
    private static final String STYLE = "what-if.css";
    private static final String[] PERCENTILES = {"p50", "p90", "p99"};

    private final WhatIfReport report;
    private final StringBuilder page = new StringBuilder();

    private WhatIfHtml(WhatIfReport report) {
        this.report = report;
    }

    /** The page. */
    static String of(WhatIfReport report) {
        return new WhatIfHtml(report).page();
    }

    private String page() {
        String title = "What if: " + report.change() + "; journal " + report.journal();
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\"")
                .append(" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n");
        element("title", title);
        page.append("<style>\n").append(style()).append("</style>\n</head>\n<body>\n");
        element("h1", "What if: " + report.change());
        summary();
        latency("To the first word", Timing::firstNanos);
        latency("To the whole answer", Timing::totalNanos);
        element("p", WhatIfReport.LATENCIES);
        divergences();
        groups("By model", report.models());
        groups("By caller", report.callers());
        different();
        return page.append("</body>\n</html>\n").toString();
    }

    private void summary() {
        ComparedGroup all = report.all();
        page.append("<p class=\"rate\">")
                .append(HtmlText.of(WhatIfText.percent(all.sameRate())))
                .append(" the same</p>\n");
        element(
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
            element(
                    "p",
                    "The recorded policy, simulated alike, gives %s the same."
                            .formatted(WhatIfText.percent(rate)));
        }
        report.notes().forEach(note -> element("p", note));
    }

    private void latency(String title, ToLongFunction<Timing> which) {
        Percentiles then = report.all().latency(Compared::recorded, which);
        Percentiles baseline = report.all().latency(Compared::baseline, which);
        Percentiles changed = report.all().latency(Compared::replayed, which);
        if (changed == null) {
            return;
        }
        element("h2", title);
        var bars = new ArrayList<SvgBars.Bar>();
        page.append("<table>\n");
        row("th", "ms", "server, then", "as recorded, here", "what if, here", "ratio");
        for (int i = 0; i < PERCENTILES.length; i++) {
            row(
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
        page.append("</table>\n").append(SvgBars.of(title, bars));
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
        element("h2", "Where texts part");
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
        page.append(SvgBars.of("First token that differs", bars));
    }

    private void groups(String title, List<ComparedGroup> groups) {
        element("h2", title);
        page.append("<table>\n");
        row(
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
        page.append("</table>\n");
    }

    private void group(ComparedGroup group) {
        Percentiles baseline = group.latency(Compared::baseline, Timing::totalNanos);
        Percentiles changed = group.latency(Compared::replayed, Timing::totalNanos);
        Vectors.Distance vectors = group.vectors();
        row(
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
        element("h2", "What differs most");
        for (WhatIfReport.Different different : report.different()) {
            Compared compared = different.compared();
            RecordedRequest request = compared.request();
            element(
                    "h3",
                    "%s %s %s: %s, edit distance %s"
                            .formatted(
                                    RequestIds.hex(request.requestId),
                                    request.clientRequestId,
                                    request.model,
                                    compared.detail(),
                                    number("%.2f", compared.distance())));
            page.append("<div class=\"texts\">\n");
            texts(different.recorded(), different.replayed());
            page.append("</div>\n");
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
            page.append("<pre dir=\"auto\">")
                    .append(HtmlText.of(text.substring(0, at)))
                    .append("<mark>")
                    .append(HtmlText.shortened(text.substring(at)))
                    .append("</mark></pre>\n");
        }
    }

    private void row(String cell, String... values) {
        page.append("<tr>");
        for (String value : values) {
            page.append('<').append(cell).append('>').append(HtmlText.of(value));
            page.append("</").append(cell).append('>');
        }
        page.append("</tr>\n");
    }

    private void element(String name, String text) {
        page.append('<').append(name).append('>').append(HtmlText.of(text));
        page.append("</").append(name).append(">\n");
    }

    private static String number(String format, double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
    }

    private static String style() {
        try (InputStream css = WhatIfHtml.class.getResourceAsStream(STYLE)) {
            if (css == null) {
                throw new IllegalStateException(STYLE + " is missing from the build");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(STYLE + " cannot be read", e);
        }
    }
}

package dev.millrace.tools.bench.http;

import dev.millrace.tools.load.StageTimes;
import dev.millrace.tools.page.HtmlPage;
import dev.millrace.tools.page.HtmlText;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** A report as one HTML page that loads nothing. */
final class LoadPage {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 320;
    private static final int LEFT = 70;
    private static final int BOTTOM = 30;

    /** Percentiles are drawn up to 99.999. */
    private static final double NINES = 5;

    private static final List<String> COLOURS =
            List.of("#1f6feb", "#d9480f", "#2b8a3e", "#862e9c", "#c92a2a", "#0b7285", "#5f3dc4");

    private LoadPage() {}

    static String of(LoadReport report) {
        var page = new HtmlPage("bench http: " + report.what());
        page.element("h1", report.what() + " at " + report.server());
        page.element(
                "p",
                "%d connections, %s arrivals, %.0f s after %.0f s of warm-up%s"
                        .formatted(
                                report.connections(),
                                report.arrivals(),
                                report.seconds(),
                                report.warmUpSeconds(),
                                report.slo().isEmpty()
                                        ? ""
                                        : "; highest rate that holds %s: %.0f/s"
                                                .formatted(
                                                        report.slo(), report.highestPerSecond())));
        runs(report, page);
        page.element("h2", "Latency by percentile, ms");
        var curves = new StringBuilder();
        curves(report.runs(), curves);
        page.raw(curves.toString());
        page.element("h2", "Stages, mean ms");
        stages(report.runs(), page);
        return page.end();
    }

    private static void runs(LoadReport report, HtmlPage page) {
        page.table();
        page.row(
                "th",
                "run",
                "rate/s",
                "answered/s",
                "failed",
                "p50",
                "p90",
                "p99",
                "p99.9",
                "max",
                "goals");
        for (int i = 0; i < report.runs().size(); i++) {
            RunResult run = report.runs().get(i);
            page.row(
                    "td",
                    Integer.toString(i + 1),
                    rate(run),
                    "%.0f".formatted(run.answeredPerSecond()),
                    Long.toString(run.failed()),
                    number(run.latency().p50()),
                    number(run.latency().p90()),
                    number(run.latency().p99()),
                    number(run.latency().p999()),
                    number(run.latency().max()),
                    report.slo().isEmpty() ? "" : run.holds() ? "held" : "missed");
        }
        page.tableEnd();
    }

    private static String rate(RunResult run) {
        return run.offeredPerSecond() == 0
                ? "closed"
                : String.format(Locale.ROOT, "%.0f", run.offeredPerSecond());
    }

    private static String colour(int run) {
        return COLOURS.get(run % COLOURS.size());
    }

    /** Both axes are logarithmic: the nines, and the milliseconds. */
    private static void curves(List<RunResult> runs, StringBuilder page) {
        double least = Double.MAX_VALUE;
        double most = 0;
        for (RunResult run : runs) {
            for (RunResult.Point point : run.curve()) {
                if (point.millis() > 0) {
                    least = Math.min(least, point.millis());
                    most = Math.max(most, point.millis());
                }
            }
        }
        if (most == 0) {
            page.append("<p>Nothing was answered.</p>\n");
            return;
        }
        double low = Math.floor(Math.log10(least));
        double high = Math.max(low + 1, Math.ceil(Math.log10(most)));
        page.append(
                ("<svg role=\"img\" aria-label=\"latency by percentile\" width=\"%d\""
                                + " height=\"%d\">\n")
                        .formatted(WIDTH, HEIGHT));
        for (double decade = low; decade <= high; decade++) {
            double y = y(Math.pow(10, decade), low, high);
            line(page, LEFT, y, WIDTH, y);
            text(page, LEFT - 6, y + 4, "end", number(Math.pow(10, decade)));
        }
        for (double nines = 0; nines <= NINES; nines++) {
            double x = x(100 - 100 * Math.pow(10, -nines));
            line(page, x, 0, x, HEIGHT - BOTTOM);
            text(page, x, HEIGHT - 10, "middle", number(100 - 100 * Math.pow(10, -nines)));
        }
        for (int i = 0; i < runs.size(); i++) {
            page.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"")
                    .append(colour(i))
                    .append("\" points=\"");
            for (RunResult.Point point : runs.get(i).curve()) {
                if (point.millis() > 0) {
                    page.append(
                            String.format(
                                    Locale.ROOT,
                                    "%.1f,%.1f ",
                                    x(point.percentile()),
                                    y(point.millis(), low, high)));
                }
            }
            page.append("\"/>\n");
        }
        page.append("</svg>\n");
    }

    private static double x(double percentile) {
        double nines = Math.min(NINES, -Math.log10(Math.max(1e-9, 1 - percentile / 100)));
        return LEFT + nines / NINES * (WIDTH - LEFT - 20);
    }

    private static double y(double millis, double low, double high) {
        double part = (Math.log10(millis) - low) / (high - low);
        return (HEIGHT - BOTTOM) * (1 - part);
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.3f", value);
        return text.replaceAll("0+$", "").replaceAll("\\.$", "");
    }

    private static void line(StringBuilder page, double x1, double y1, double x2, double y2) {
        page.append(
                String.format(
                        Locale.ROOT,
                        "<line stroke=\"#ddd\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
                        x1,
                        y1,
                        x2,
                        y2));
    }

    private static void text(StringBuilder page, double x, double y, String anchor, String text) {
        page.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
                        x,
                        y,
                        anchor,
                        HtmlText.of(text)));
    }

    private static void stages(List<RunResult> runs, HtmlPage page) {
        Set<String> names = new TreeSet<>();
        runs.forEach(run -> names.addAll(run.stages().keySet()));
        if (names.isEmpty()) {
            page.element("p", "The server has no such figures.");
            return;
        }
        page.table();
        names.forEach(name -> stage(name, runs, page));
        page.tableEnd();
    }

    private static void stage(String name, List<RunResult> runs, HtmlPage page) {
        String[] cells = new String[runs.size() + 1];
        cells[0] = name;
        for (int i = 0; i < runs.size(); i++) {
            StageTimes.Stage stage = runs.get(i).stages().get(name);
            cells[i + 1] = stage == null ? "" : number(stage.meanMillis());
        }
        page.row("td", cells);
    }
}

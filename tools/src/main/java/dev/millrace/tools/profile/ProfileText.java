package dev.millrace.tools.profile;

import dev.millrace.tools.Printable;
import java.io.PrintWriter;
import java.util.List;
import java.util.StringJoiner;
import org.HdrHistogram.Histogram;

/** A profile for people, in a terminal. */
final class ProfileText {
    static final String[] HEAD = {"stage", "share", "p50", "p90", "p99", "p99.9", "max"};

    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};

    private ProfileText() {}

    static void print(Profile profile, PrintWriter out) {
        out.println(title(profile));
        out.println();
        out.println("%-14s %6s %10s %10s %10s %10s %10s   ms".formatted((Object[]) HEAD));
        for (int i = 0; i < profile.stages.size(); i++) {
            row(out, stage(profile, i));
        }
        row(out, total("total", profile.totalNanos));
        if (profile.firstTokenNanos.getTotalCount() > 0) {
            row(out, total("first token", profile.firstTokenNanos));
        }
        out.println();
        profile.lanes.values().forEach(lane -> out.println(lane.line()));
        profile.appends.lines().forEach(out::println);
        refusals(profile).forEach(out::println);
        pauses(profile).forEach(out::println);
        profile.methods
                .threads()
                .forEach(thread ->
                        out.println(
                                "thread %s, %d samples: %s"
                                        .formatted(
                                                Printable.text(thread.name()),
                                                thread.samples(),
                                                String.join(", ", thread.methods()))));
        out.println();
        out.println("slowest");
        profile.slowest().forEach(slow -> out.println(Printable.text(slow(profile, slow))));
    }

    /** Source, how many requests, and how they ended. */
    static String title(Profile profile) {
        var statuses = new StringJoiner(", ");
        profile.statuses.forEach(
                (status, count) -> statuses.add("%,d %s".formatted(count, status)));
        return "%s: %,d requests in %.1f s (%s)"
                .formatted(profile.source, profile.requests(), profile.seconds(), statuses);
    }

    /** A stage's name, its share of all requests' lives, and its percentiles in ms. */
    static String[] stage(Profile profile, int stage) {
        Histogram nanos = profile.stageNanos.get(stage);
        double all = profile.totalNanos.getMean() * profile.totalNanos.getTotalCount();
        double part = nanos.getMean() * nanos.getTotalCount();
        return cells(
                profile.stages.get(stage),
                all == 0 ? "" : "%.1f%%".formatted(100 * part / all),
                nanos);
    }

    /** The same of something that is no stage. */
    static String[] total(String name, Histogram nanos) {
        return cells(name, "", nanos);
    }

    private static String[] cells(String name, String share, Histogram nanos) {
        String[] cells = new String[HEAD.length];
        cells[0] = name;
        cells[1] = share;
        for (int i = 0; i < PERCENTILES.length; i++) {
            cells[2 + i] = "%.3f".formatted(nanos.getValueAtPercentile(PERCENTILES[i]) / 1e6);
        }
        return cells;
    }

    private static void row(PrintWriter out, String[] cells) {
        out.println("%-14s %6s %10s %10s %10s %10s %10s".formatted((Object[]) cells));
    }

    /** One line; none where nobody was refused. */
    static List<String> refusals(Profile profile) {
        var reasons = new StringJoiner(", ", "refused: ", "");
        profile.refusals.forEach((why, count) -> reasons.add("%,d %s".formatted(count, why)));
        return profile.refusals.isEmpty() ? List.of() : List.of(Printable.text(reasons.toString()));
    }

    /** What stopped every thread. */
    static List<String> pauses(Profile profile) {
        return List.of(
                pauses("collections", profile.pauses.stream().filter(Pause::gc).toList()),
                pauses(
                        "other safepoints",
                        profile.pauses.stream().filter(pause -> !pause.gc()).toList()));
    }

    private static String pauses(String what, List<Pause> pauses) {
        return "%s: %d pauses, %.1f ms, the longest %.1f ms"
                .formatted(
                        what,
                        pauses.size(),
                        pauses.stream().mapToLong(Pause::nanos).sum() / 1e6,
                        pauses.stream().mapToLong(Pause::nanos).max().orElse(0) / 1e6);
    }

    /** A slow request: what it was, the stages that had it longest, and what it waited for. */
    static String slow(Profile profile, SlowRequest slow) {
        RequestSample request = slow.request;
        var line = new StringJoiner(", ");
        for (int i = 0; i < profile.stages.size(); i++) {
            long nanos = request.stageNanos().get(i);
            if (nanos * 20 >= request.totalNanos()) {
                line.add("%s %.1f".formatted(profile.stages.get(i), nanos / 1e6));
            }
        }
        String waits = String.join(", ", slow.waits());
        return "%s  %s  %s  %d + %d tokens  %.1f ms: %s%s"
                .formatted(
                        request.id(),
                        request.model(),
                        request.status(),
                        request.promptTokens(),
                        request.completionTokens(),
                        request.totalNanos() / 1e6,
                        line,
                        waits.isEmpty() ? "" : "; " + waits);
    }
}

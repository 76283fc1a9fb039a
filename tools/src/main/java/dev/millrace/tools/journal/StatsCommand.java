package dev.millrace.tools.journal;

import dev.millrace.journal.JournalStats;
import dev.millrace.tools.Printable;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code journal stats}: rates, sizes, models, statuses, latency. */
@Command(
        name = "stats",
        description = "Prints rates, sizes, models, statuses and latency percentiles.",
        mixinStandardHelpOptions = true)
final class StatsCommand extends JournalCommand.Reading {
    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Override
    int read() {
        JournalStats.Report report = JournalStats.of(folder);
        if (json) {
            ObjectNode node = RecordJson.MAPPER.valueToTree(report);
            node.set("damage", RecordJson.damage(report.damage()));
            print((JsonNode) node);
        } else {
            print(report);
        }
        return end(report.damage());
    }

    private void print(JournalStats.Report report) {
        line(
                "requests   %d in %.1f s, %.1f/s"
                        .formatted(
                                report.requests(), report.seconds(), report.requestsPerSecond()));
        line("bodies     %d bytes".formatted(report.bodyBytes()));
        if (report.hashed() > 0) {
            line("hashed     %d records (journal.store: hash)".formatted(report.hashed()));
        }
        line("cancels    %d".formatted(report.cancels()));
        report.byRoute()
                .forEach((route, count) -> line("route      %-24s %10d".formatted(route, count)));
        report.byStatus()
                .forEach((status, count) -> line("status     %-24s %10d".formatted(status, count)));
        report.byModel()
                .forEach((name, model) ->
                        line(
                                "model      %-24s %10d requests, %d + %d tokens"
                                        .formatted(
                                                Printable.text(name),
                                                model.requests(),
                                                model.promptTokens(),
                                                model.completionTokens())));
        report.byType()
                .forEach((type, size) ->
                        line(
                                "records    %-24s %10d, %d bytes, %.1f each"
                                        .formatted(
                                                type.name().toLowerCase(Locale.ROOT),
                                                size.records(),
                                                size.bytes(),
                                                (double) size.bytes() / size.records())));
        millis("latency", report.latencyNanos());
        millis("1st token", report.firstTokenNanos());
        sizes("step", report.stepEntries(), "entries together");
        sizes("step", report.stepTokens(), "tokens");
        sizes("on disk", report.recordBytes(), "bytes a request");
    }

    private void millis(String what, JournalStats.Percentiles nanos) {
        line(
                "%-9s  p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f ms, of %d"
                        .formatted(
                                what,
                                nanos.p50() / 1e6,
                                nanos.p90() / 1e6,
                                nanos.p99() / 1e6,
                                nanos.p999() / 1e6,
                                nanos.max() / 1e6,
                                nanos.count()));
    }

    private void sizes(String what, JournalStats.Percentiles sizes, String unit) {
        line(
                "%-9s  p50 %d  p90 %d  p99 %d  max %d %s, of %d"
                        .formatted(
                                what,
                                sizes.p50(),
                                sizes.p90(),
                                sizes.p99(),
                                sizes.max(),
                                unit,
                                sizes.count()));
    }
}

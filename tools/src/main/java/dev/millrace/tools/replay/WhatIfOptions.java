package dev.millrace.tools.replay;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code replay JOURNAL --what-if [--models DIR] [--set key=value]…}. */
final class WhatIfOptions {
    @Option(
            names = "--what-if",
            description = {
                "compute the answers of another policy (--set) or of other models (--models,",
                "by the names on record), and compare answers and latencies"
            })
    boolean wanted;

    @Option(
            names = "--set",
            paramLabel = "key=value",
            description = "with --what-if: a setting instead of the recorded one")
    private List<String> changes = new ArrayList<>();

    @Option(
            names = "--no-baseline",
            description = {
                "with --what-if: do not compute the recorded policy as well, with which",
                "latencies are compared"
            })
    private boolean noBaseline;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "with --what-if: write the report as a page, too")
    private @Nullable Path html;

    /**
     * Exits with {@link ReplayCommand#SAME} where every answer that can be compared is the same.
     */
    int run(Path journal, @Nullable Path models, boolean json, CommandLine line)
            throws IOException {
        if (models == null && changes.isEmpty()) {
            throw new ParameterException(
                    line, "replay: --what-if needs --models DIR, --set key=value, or both");
        }
        PrintWriter err = line.getErr();
        var whatIf =
                new WhatIf(
                        journal,
                        models,
                        changes,
                        !noBaseline,
                        done -> {
                            err.println("replay: " + done);
                            err.flush();
                        });
        WhatIfReport report = whatIf.report();
        if (html != null) {
            Files.writeString(html, WhatIfHtml.of(report));
        }
        line.getOut().println(json ? WhatIfJson.of(report) : WhatIfText.of(report));
        line.getOut().flush();
        return report.all().count(Outcome.DIVERGED) == 0
                ? ReplayCommand.SAME
                : ReplayCommand.DIFFERENT;
    }
}

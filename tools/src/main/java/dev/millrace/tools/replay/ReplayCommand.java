package dev.millrace.tools.replay;

import dev.millrace.config.LogConfig;
import dev.millrace.journal.JournalException;
import dev.millrace.tools.journal.RecordedRange;
import dev.millrace.tools.journal.RecordedTexts;
import dev.millrace.tools.load.Load;
import dev.millrace.tools.load.Progress;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code millrace replay JOURNAL}: says what is to be done with the traffic on record. */
@Command(
        name = "replay",
        description = "Drives the traffic of a journal again.",
        subcommands = TraceCommand.class,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every answer that can be compared is the same",
            "1:an answer is another, or the work could not be done",
            "2:wrong usage, or there is no journal to read"
        },
        mixinStandardHelpOptions = true)
public final class ReplayCommand implements Callable<Integer> {
    /** Every answer that can be compared is the same. */
    static final int SAME = 0;

    /** An answer is another. */
    static final int DIFFERENT = 1;

    /** Wrong usage, or there is no journal to read. */
    static final int UNUSABLE = 2;

    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "JOURNAL", description = "its folder")
    private @Nullable Path journal;

    @Mixin private RecordedRange range = new RecordedRange();

    @Mixin private AgainstOptions against = new AgainstOptions();

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "folder with the recorded models; where they lay then if not given")
    private @Nullable Path models;

    @Option(
            names = "--verify",
            description = "compute everything again, step by step, and compare bit for bit")
    private boolean verify;

    @Option(
            names = "--quiet",
            description = "with --verify: no line for requests whose answer is EXACT")
    private boolean quiet;

    @Option(
            names = "--only",
            paramLabel = "ID",
            split = ",",
            description = "with --verify: compute these requests alone, as if no other had come")
    private List<String> only = new ArrayList<>();

    @Mixin private ShrinkOptions shrink = new ShrinkOptions();

    @Mixin private WhatIfOptions whatIf = new WhatIfOptions();

    @Option(names = "--json", description = "print JSON instead of text")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        // Models and tokenizers log; standard output is the report's.
        Logging.configure(LogConfig.defaults());
        CommandLine line = line();
        Path folder = journal;
        if (folder == null) {
            throw new ParameterException(line, "replay: JOURNAL is needed, the folder of one");
        }
        URI server = against.server;
        if (verify && server != null) {
            throw new ParameterException(
                    line, "replay: --verify computes here, --against sends elsewhere: one of them");
        }
        if (!verify && !shrink.wanted && !whatIf.wanted && server == null) {
            throw new ParameterException(
                    line,
                    "replay: --verify, or --against URL, a running server to send to, is needed");
        }
        try {
            if (server != null) {
                return against(folder, server);
            }
            if (whatIf.wanted) {
                return whatIf.run(folder, models, json, line);
            }
            return verify ? verify(folder) : shrink.run(folder, models, json, line);
        } catch (JournalException e) {
            line.getErr().println("millrace replay: " + e.getMessage());
            return UNUSABLE;
        }
    }

    private int verify(Path recorded) throws IOException {
        var scope = VerifyScope.of(range, only);
        var report = new ReplayVerify(recorded, models, scope, TokenFault.NONE).verify();
        PrintWriter out = line().getOut();
        if (json) {
            out.println(VerifyJson.of(report));
        } else {
            report.verdicts().stream()
                    .filter(verdict -> !quiet || verdict.outcome() != Outcome.EXACT)
                    .forEach(verdict -> out.println(VerifyText.line(verdict)));
            out.println(VerifyText.summary(report));
        }
        out.flush();
        return report.exact() ? SAME : DIFFERENT;
    }

    private int against(Path folder, URI server) throws IOException, InterruptedException {
        Load load = against.sending.load(server);
        var tally = new AgainstTally(new AnswerComparison(against.tolerance()));
        RecordedTraffic traffic;
        try (var texts = new RecordedTexts(models)) {
            traffic = RecordedTraffic.read(folder, range, texts);
        }
        if (!usable(traffic, folder)) {
            return UNUSABLE;
        }
        double seconds =
                load.run(
                        traffic.requests(),
                        request -> request.outgoing().offsetNanos(),
                        PastRequest::outgoing,
                        tally::add,
                        new Progress(line().getErr(), traffic.requests().size()));
        AgainstReport report = tally.report(load, traffic.seconds(), seconds);
        PrintWriter out = line().getOut();
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        out.flush();
        return report.same() ? SAME : DIFFERENT;
    }

    private boolean usable(RecordedTraffic traffic, Path folder) {
        PrintWriter err = line().getErr();
        traffic.warn(err);
        if (traffic.requests().isEmpty()) {
            err.println(
                    "millrace replay: no request of "
                            + folder
                            + " can be sent that arrived in that time");
        }
        err.flush();
        return !traffic.requests().isEmpty();
    }

    private CommandLine line() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec.commandLine();
    }
}

package dev.millrace.tools.replay;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** {@code millrace replay JOURNAL}: says what is to be done with the traffic on record. */
@Command(
        name = "replay",
        description = "Drives the traffic of a journal again.",
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

    @Mixin RecordedRange range = new RecordedRange();

    @Mixin private AgainstOptions against = new AgainstOptions();

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "folder with the recorded models, each under its own name")
    @Nullable Path models;

    @Option(
            names = "--verify",
            description = "compute everything again, step by step, and compare bit for bit")
    boolean verify;

    @Option(
            names = "--quiet",
            description = "with --verify: no line for requests whose answer is EXACT")
    boolean quiet;

    @Mixin private ShrinkOptions shrink = new ShrinkOptions();

    @Option(names = "--json", description = "print JSON instead of text")
    boolean json;

    @Override
    public Integer call() throws Exception {
        if (journal == null) {
            throw wrongUsage("replay: JOURNAL is needed, the folder of a journal");
        }
        if (verify && against.server != null) {
            throw wrongUsage(
                    "replay: --verify computes here, --against sends elsewhere: one of them");
        }
        if (verify) {
            return verify(journal);
        }
        if (shrink.wanted) {
            return shrink.run(journal, models, json, commandLine());
        }
        if (against.server != null) {
            throw wrongUsage("replay: --against is not there yet");
        }
        throw wrongUsage(
                "replay: --verify, or --against URL, a running server to send to, is needed");
    }

    private int verify(Path recorded) throws IOException {
        VerifyReport report = new ReplayVerify(recorded, models).verify();
        PrintWriter out = commandLine().getOut();
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

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec.commandLine();
    }

    private ParameterException wrongUsage(String message) {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return new ParameterException(spec.commandLine(), message);
    }
}

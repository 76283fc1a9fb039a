package dev.millrace.tools.replay;

import dev.millrace.config.LogConfig;
import dev.millrace.journal.JournalException;
import dev.millrace.tools.journal.RecordedRange;
import dev.millrace.tools.journal.RecordedTexts;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code replay trace export}: recorded generations as a trace that holds no text. */
@Command(
        name = "export",
        description = {
            "Writes the generations of a journal as a trace: arrival, lengths, shared prefixes.",
            "A request of several prompts or choices becomes a line for each."
        },
        mixinStandardHelpOptions = true)
final class TraceExportCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "JOURNAL", description = "folder of the journal")
    private Path journal = Path.of("");

    @Parameters(index = "1", paramLabel = "FILE", description = "written, one JSON object a line")
    private Path file = Path.of("");

    @Mixin private RecordedRange range = new RecordedRange();

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "folder with the recorded models; where they lay then if not given")
    private @Nullable Path models;

    @Option(
            names = "--block",
            paramLabel = "N",
            defaultValue = "512",
            description = "tokens of a block (${DEFAULT-VALUE})")
    private int blockTokens = TraceLine.BLOCK_TOKENS;

    @Override
    public Integer call() throws IOException {
        Logging.configure(LogConfig.defaults());
        LoadOptions.inRange("--block", blockTokens, 1, 1 << 20);
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        try (var texts = new RecordedTexts(models)) {
            RecordedTraffic traffic = RecordedTraffic.read(journal, range, texts);
            traffic.warn(err);
            TraceExport export = TraceExport.of(traffic, blockTokens);
            TraceFile.write(file, export.lines());
            print(Objects.requireNonNull(spec).commandLine().getOut(), export);
            return ReplayCommand.SAME;
        } catch (JournalException e) {
            err.println("millrace replay: " + e.getMessage());
            return ReplayCommand.UNUSABLE;
        }
    }

    private void print(PrintWriter out, TraceExport export) {
        out.println("%d generations written to %s".formatted(export.lines().size(), file));
        export.leftOut()
                .forEach((reason, count) ->
                        out.println("left out: %d, %s".formatted(count, reason)));
        out.flush();
    }
}

package dev.millrace.tools.replay;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.RequestIds;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code replay JOURNAL --shrink --out DIR}. */
final class ShrinkOptions {
    @Option(
            names = "--shrink",
            description =
                    "find the fewest requests with which an answer still comes out otherwise, and"
                            + " write them as a journal of their own (--out)")
    boolean wanted;

    @Option(
            names = "--crash",
            description =
                    "with --shrink: find the fewest with which the process still ends; every"
                            + " replay has a process of its own")
    private boolean crash;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "with --shrink: the folder for that journal; must not hold one")
    private @Nullable Path out;

    /** Exits with {@link ReplayCommand#SAME} where there is nothing to find. */
    int run(Path journal, @Nullable Path models, boolean json, CommandLine line)
            throws IOException {
        if (out == null) {
            throw new ParameterException(line, "replay: --shrink needs --out DIR");
        }
        PrintWriter err = line.getErr();
        Consumer<String> progress =
                tried -> {
                    err.println("replay: " + tried);
                    err.flush();
                };
        Shrink.Found found;
        if (crash) {
            found =
                    shrunk(
                            journal,
                            new CrashTrial(CrashTrial.thisCommand(), journal, models),
                            out,
                            progress);
        } else {
            try (var scratch = new Scratch()) {
                var finder = new RecordedModels(models, DemoModel.extractTo(scratch.folder()));
                found =
                        shrunk(
                                journal,
                                new AnswerTrial(journal, finder, () -> TokenFault.NONE),
                                out,
                                progress);
            }
        }
        line.getOut().println(json ? json(found) : text(found));
        line.getOut().flush();
        return found.requests().isEmpty() ? ReplayCommand.SAME : ReplayCommand.DIFFERENT;
    }

    private static Shrink.Found shrunk(
            Path journal, Trial trial, Path out, Consumer<String> progress) throws IOException {
        var shrink = new Shrink(journal, trial, progress);
        Shrink.Found found = shrink.find();
        if (!found.requests().isEmpty()) {
            shrink.write(found, out);
        }
        return found;
    }

    private String text(Shrink.Found found) {
        if (found.requests().isEmpty()) {
            return crash
                    ? "every replay ended well: there is nothing to shrink"
                    : "every answer came out the same: there is nothing to shrink";
        }
        var text = new StringBuilder();
        Trial.Seen seen = found.seen();
        seen.verdicts().forEach(verdict -> text.append(VerifyText.line(verdict)).append('\n'));
        if (!seen.end().isEmpty()) {
            text.append(seen.end()).append('\n');
        }
        return text.append(
                        "%d of %d requests are enough (%d replays); they are a journal in %s"
                                .formatted(found.requests().size(), found.of(), found.tries(), out))
                .toString();
    }

    private static ObjectNode json(Shrink.Found found) {
        ObjectNode node = JsonMapper.shared().createObjectNode();
        var requests = node.putArray("requests");
        found.requests().forEach(id -> requests.add(RequestIds.hex(id)));
        node.put("of", found.of());
        node.put("tries", found.tries());
        if (!found.seen().end().isEmpty()) {
            node.put("end", found.seen().end());
        }
        return node;
    }
}

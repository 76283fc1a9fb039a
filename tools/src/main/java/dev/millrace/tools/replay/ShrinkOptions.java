package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
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
        var shrink =
                new Shrink(
                        journal,
                        models,
                        () -> TokenFault.NONE,
                        tried -> {
                            err.println("replay: " + tried);
                            err.flush();
                        });
        Shrink.Found found = shrink.find();
        if (!found.requests().isEmpty()) {
            shrink.write(found, out);
        }
        line.getOut().println(json ? json(found) : text(found));
        line.getOut().flush();
        return found.requests().isEmpty() ? ReplayCommand.SAME : ReplayCommand.DIFFERENT;
    }

    private String text(Shrink.Found found) {
        if (found.requests().isEmpty()) {
            return "every answer came out the same: there is nothing to shrink";
        }
        var text = new StringBuilder();
        found.verdicts().forEach(verdict -> text.append(VerifyText.line(verdict)).append('\n'));
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
        return node;
    }
}

package dev.millrace.tools.journal;

import dev.millrace.journal.JournalDamage;
import dev.millrace.journal.JournalException;
import dev.millrace.tools.Printable;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/**
 * {@code millrace journal tail|show|export|stats|postmortem|verify|prune}.
 *
 * <p>Exit codes: {@link #OK}, {@link #FOUND_WANTING}, {@link #UNUSABLE}.
 */
@Command(
        name = "journal",
        description = "Reads a journal: what came in, what went out.",
        subcommands = {
            TailCommand.class,
            ShowCommand.class,
            ExportCommand.class,
            StatsCommand.class,
            PostmortemCommand.class,
            VerifyCommand.class,
            PruneCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done, and nothing is wrong",
            "1:the journal is damaged, an answer is missing, or no such request is in it",
            "2:wrong usage, or there is no journal to read"
        },
        mixinStandardHelpOptions = true)
public final class JournalCommand implements Runnable {
    /** Done, and nothing is wrong. */
    public static final int OK = 0;

    /** The journal is damaged, an answer is missing, or no such request is in it. */
    public static final int FOUND_WANTING = 1;

    /** Wrong usage, or there is no journal to read. */
    public static final int UNUSABLE = 2;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "journal: one of tail, show, export, stats, postmortem, verify and prune is"
                            + " needed");
        }
    }

    /** What the sub-commands share: {@code --json}, and how errors are said. */
    abstract static class Reading implements Callable<Integer> {
        @Option(names = "--json", description = "print JSON instead of text")
        boolean json;

        @Spec @Nullable CommandSpec spec;

        abstract int read();

        @Override
        public final Integer call() {
            try {
                return read();
            } catch (JournalException e) {
                return fail(UNUSABLE, String.valueOf(e.getMessage()));
            } finally {
                out().flush();
            }
        }

        PrintWriter out() {
            return commandLine().getOut();
        }

        int fail(int exitCode, String message) {
            out().flush();
            PrintWriter err = commandLine().getErr();
            err.println("millrace journal: " + Printable.text(message));
            err.flush();
            return exitCode;
        }

        /** Says where the journal stops being readable, if it does. */
        int end(@Nullable JournalDamage damage) {
            return damage == null ? OK : fail(FOUND_WANTING, "damaged: " + damage);
        }

        void line(String text) {
            out().println(text);
        }

        void print(JsonNode node) {
            out().println(node);
        }

        private CommandLine commandLine() {
            if (spec == null) {
                throw new IllegalStateException("not run by picocli");
            }
            return spec.commandLine();
        }
    }
}

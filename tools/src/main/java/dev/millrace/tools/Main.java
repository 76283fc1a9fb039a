package dev.millrace.tools;

import dev.millrace.config.ConfigException;
import dev.millrace.tools.bench.BenchCommand;
import dev.millrace.tools.journal.JournalCommand;
import dev.millrace.tools.model.ModelCommand;
import dev.millrace.tools.profile.ProfileCommand;
import dev.millrace.tools.replay.ReplayCommand;
import dev.millrace.tools.serve.ServeCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code millrace}: one program, one sub-command per task. Runs on the main thread. */
@Command(
        name = "millrace",
        description = "A model server for the JVM that you can rewind.",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        subcommands = {
            ServeCommand.class,
            ReplayCommand.class,
            JournalCommand.class,
            ProfileCommand.class,
            ModelCommand.class,
            BenchCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    /** What a command that could not do its work exits with; wrong usage exits with 2. */
    public static final int FAILED = 1;

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] args) {
        int code = commandLine().execute(args);
        System.exit(code);
    }

    /** The command line, for tests as well. */
    public static CommandLine commandLine() {
        var line = new CommandLine(new Main());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("millrace: " + Failures.oneLine(failure));
            return failure instanceof ConfigException ? 2 : FAILED;
        });
        return line;
    }
}

package dev.millrace.tools.replay;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace replay trace export|run}. */
@Command(
        name = "trace",
        description = "Traces in Mooncake's format: lengths, times and shared prefixes, no text.",
        subcommands = {TraceExportCommand.class, TraceRunCommand.class},
        mixinStandardHelpOptions = true)
final class TraceCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "replay trace: export or run is needed");
        }
    }
}

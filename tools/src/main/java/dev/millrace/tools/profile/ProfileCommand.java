package dev.millrace.tools.profile;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace profile report|live}. */
@Command(
        name = "profile",
        description = "Says where the time of requests went, stage by stage.",
        subcommands = {ReportCommand.class, LiveCommand.class},
        mixinStandardHelpOptions = true)
public final class ProfileCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "profile: report or live is needed");
        }
    }
}

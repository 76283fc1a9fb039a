package dev.millrace.tools.model;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace model random|inspect|convert|pull}. */
@Command(
        name = "model",
        description = "Makes, converts and downloads model folders and says what is in them.",
        subcommands = {
            RandomCommand.class,
            InspectCommand.class,
            ConvertCommand.class,
            PullCommand.class
        },
        mixinStandardHelpOptions = true)
public final class ModelCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "model: one of random, inspect, convert, pull is needed");
        }
    }
}

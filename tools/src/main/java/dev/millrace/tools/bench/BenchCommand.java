package dev.millrace.tools.bench;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench model}. */
@Command(
        name = "bench",
        description = "Measures a part of the system in this process.",
        subcommands = {ModelBenchCommand.class},
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "bench: model is needed");
        }
    }
}

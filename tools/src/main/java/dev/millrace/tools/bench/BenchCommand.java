package dev.millrace.tools.bench;

import dev.millrace.tools.bench.doors.DoorsBenchCommand;
import dev.millrace.tools.bench.ring.NullServeCommand;
import dev.millrace.tools.bench.ring.RingBenchCommand;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace bench model|http|ring|doors|null}. */
@Command(
        name = "bench",
        description = "Measures a model or the stages in this process, or any server over HTTP.",
        subcommands = {
            ModelBenchCommand.class,
            HttpBenchCommand.class,
            RingBenchCommand.class,
            DoorsBenchCommand.class,
            NullServeCommand.class
        },
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Runnable {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "bench: model, http, ring, doors or null is needed");
        }
    }
}

package dev.millrace.tools.model;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code model inspect}: what a model folder holds. */
@Command(
        name = "inspect",
        description = "Prints architecture, parameters, types, shapes and bytes of a model folder.",
        mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR", description = "folder with a config.json")
    private Path folder = Path.of("");

    @Option(names = "--json", description = "print JSON instead of text")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Inspection found = Inspection.of(folder);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            out.println(ModelConfig.JSON.writeValueAsString(found));
        } else {
            print(found, out);
        }
        out.flush();
        return 0;
    }

    private static void print(Inspection found, PrintWriter out) {
        out.println("architecture  " + found.architecture());
        out.println("parameters    %,d".formatted(found.parameters()));
        out.println("bytes         %,d".formatted(found.bytes()));
        found.dtypes()
                .forEach((dtype, count) ->
                        out.println("dtype         %-5s %,d".formatted(dtype, count)));
        for (Inspection.Group group : found.tensors()) {
            out.println(
                    "%4d x %-52s %-5s %-16s %,15d"
                            .formatted(
                                    group.count(),
                                    group.name(),
                                    group.dtype(),
                                    group.shape(),
                                    group.parameters()));
        }
    }
}

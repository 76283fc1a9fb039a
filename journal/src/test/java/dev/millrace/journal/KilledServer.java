package dev.millrace.journal;

import dev.millrace.ringbuffer.RequestContext;
import java.io.PrintStream;
import java.nio.file.Path;

/** A process to be killed: answers requests, and says so of each once its journal has it. */
final class KilledServer {
    private KilledServer() {}

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        try (Run run = new Run(Path.of(args[0]))) {
            for (int i = 0; ; i++) {
                String name = args[1] + "-" + i;
                RequestContext context = run.request(name, "x".repeat(i % 5000));
                run.tokens(context, false, i, i + 1);
                run.tokens(context, true, i + 2);
                out.println(name);
            }
        }
    }
}

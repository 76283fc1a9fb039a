package dev.millrace.tools.profile;

import dev.millrace.config.ConfigException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code profile live}: attaches to a running server and draws its stages, second by second. */
@Command(
        name = "live",
        description = {
            "Attaches to a running server and draws what its stages do until it is interrupted."
        },
        mixinStandardHelpOptions = true)
final class LiveCommand implements Callable<Integer> {
    @Parameters(paramLabel = "PID", description = "process id of the server, on this machine")
    private long pid;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "detach after so long; 0 never does (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--out",
            paramLabel = "FILE.jfr",
            description = {
                "keep what was seen, with samples of methods, for 'profile report'; needs",
                "--seconds"
            })
    private @Nullable Path out;

    @Option(names = "--plain", description = "lines below each other, for pipes and logs")
    private boolean plain;

    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (seconds < 0) {
            throw new ConfigException("--seconds", "" + seconds, "0 or more");
        }
        if (out != null && seconds == 0) {
            throw new ConfigException("--out", out.toString(), "--seconds N as well");
        }
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter terminal = spec.commandLine().getOut();
        var screen = new LiveScreen(terminal, !plain && terminal());
        try (var server = AttachedServer.attach(pid)) {
            server.stream(screen, out == null ? 0 : seconds);
            var gone = new CountDownLatch(1);
            server.onClose(gone::countDown);
            if (seconds == 0) {
                gone.await();
            } else if (!gone.await(seconds, TimeUnit.SECONDS) && out != null) {
                server.dump(out);
            }
        }
        terminal.flush();
        return 0;
    }

    // Which of null and a console without a terminal is returned differs between releases.
    @SuppressWarnings("SystemConsoleNull")
    private static boolean terminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** How often the screen is drawn. */
    static Duration interval() {
        return Duration.ofSeconds(1);
    }
}

package dev.millrace.tools.profile;

import dev.millrace.config.ConfigException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
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
            "Draws what the stages of a running server do, second by second, until interrupted."
        },
        mixinStandardHelpOptions = true)
final class LiveCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "PID|URL",
            description = {
                "process id of a server on this machine, or the address of any, as in",
                "http://127.0.0.1:8080: what its /metrics count"
            })
    private String target = "";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "end after so long; 0 never does (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--out",
            paramLabel = "FILE.jfr",
            description = {
                "keep what was seen, with samples of methods, for 'profile report'; needs",
                "--seconds and a PID"
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
        boolean clear = !plain && terminal();
        if (target.startsWith("http://") || target.startsWith("https://")) {
            if (out != null) {
                throw new ConfigException("--out", out.toString(), "a PID, not a URL");
            }
            new LiveMetrics(url(), terminal, clear).run(seconds);
            return 0;
        }
        var screen = new LiveScreen(terminal, clear);
        try (var server = AttachedServer.attach(pid())) {
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

    private URI url() {
        try {
            return URI.create(target);
        } catch (IllegalArgumentException e) {
            throw neither();
        }
    }

    private long pid() {
        try {
            return Long.parseLong(target);
        } catch (NumberFormatException e) {
            throw neither();
        }
    }

    private ConfigException neither() {
        return new ConfigException("PID|URL", target, "a process id, or http://HOST:PORT");
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

package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server in a process of its own, started with the launcher's flags, that can be killed. */
final class ChildServer implements AutoCloseable {
    private static final Pattern READY =
            Pattern.compile(
                    "millrace ready on (http://\\S+)"
                            + " \\(models: (.*); journal: (.*)\\) in (\\d+) ms");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path log;
    private final Client client;
    private final Matcher ready;

    private ChildServer(Process process, Path log, Matcher ready) {
        this.process = process;
        this.log = log;
        this.ready = ready;
        this.client = new Client(URI.create(ready.group(1)));
    }

    /**
     * Starts {@code serve --port 0} and waits for its ready line.
     *
     * @param folder where its standard error goes
     */
    static ChildServer start(Path folder, String... arguments) {
        Path log = folder.resolve("stderr.log");
        var words = new ArrayList<String>(List.of("serve", "--port", "0"));
        words.addAll(Arrays.asList(arguments));
        try {
            Process process =
                    new ProcessBuilder(command(folder, words)).redirectError(log.toFile()).start();
            BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                Matcher ready = READY.matcher(line);
                if (ready.matches()) {
                    return new ChildServer(process, log, ready);
                }
            }
            throw new AssertionError("no ready line; standard error:\n" + Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What one run of the command line said and how it ended. */
    record Run(int exitCode, String output, String errors) {}

    /** Runs another command of the same program to its end. */
    static Run run(Path folder, String... arguments) throws InterruptedException {
        try {
            Path log = Files.createTempFile(folder, "run", ".log");
            Process process =
                    new ProcessBuilder(command(folder, Arrays.asList(arguments)))
                            .redirectError(log.toFile())
                            .start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), output, Files.readString(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param folder for temporary files, too: of a killed server some are left
     */
    private static List<String> command(Path folder, List<String> arguments) {
        var command =
                new ArrayList<String>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "@" + Path.of("../config/jvm/server.args").toAbsolutePath(),
                                "-Djava.io.tmpdir=" + folder,
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                "dev.millrace.tools.Main"));
        command.addAll(arguments);
        return command;
    }

    Client client() {
        return client;
    }

    URI uri() {
        return client.base();
    }

    String models() {
        return ready.group(2);
    }

    Path journalDir() {
        return Path.of(ready.group(3));
    }

    int readyMillis() {
        return Integer.parseInt(ready.group(4));
    }

    long pid() {
        return process.pid();
    }

    /** Standard error so far. */
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Resident memory, from the kernel's own account. */
    long residentKib() {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL, and waits until the process is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    /** Waits for the process to end by itself. */
    int exitCode() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as("ended; log:\n%s", log())
                .isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        client.close();
        process.destroyForcibly();
    }
}

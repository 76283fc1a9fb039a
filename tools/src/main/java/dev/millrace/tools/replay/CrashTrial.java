package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import dev.millrace.tools.Main;
import dev.millrace.tools.serve.Scratch;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks for requests that end the process: each replay has one of its own. One thread: the one that
 * calls.
 */
final class CrashTrial implements Trial {
    private static final int SIGNALLED = 128;

    /** Such as {@code # SIGSEGV (0xb) at pc=…}. */
    private static final Pattern ERROR = Pattern.compile("^# +(SIG[A-Z]+|Internal Error)");

    private final List<String> command;
    private final Path journal;
    private final @Nullable Path models;

    /**
     * @param command what starts {@code millrace}, without arguments
     * @param models a folder of model folders to look through first; or null
     */
    CrashTrial(List<String> command, Path journal, @Nullable Path models) {
        this.command = List.copyOf(command);
        this.journal = journal;
        this.models = models;
    }

    /** What started this process: the same JVM, with the same flags. */
    static List<String> thisCommand() {
        return command(Main.class);
    }

    /** Another main class in the same JVM, with the same flags. */
    static List<String> command(Class<?> main) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        return command;
    }

    @Override
    public Seen replay(RecordedRun run, List<Long> part) throws IOException {
        try (var scratch = new Scratch()) {
            Path report = scratch.folder().resolve("report");
            Path verdicts = scratch.folder().resolve("verdicts");
            Path errors = scratch.folder().resolve("errors");
            var replay = new ArrayList<>(command);
            int flags = command.size() - 1;
            replay.add(flags, "-XX:-CreateCoredumpOnCrash");
            replay.add(flags, "-XX:ErrorFile=" + report);
            replay.addAll(List.of("replay", journal.toString(), "--verify", "--quiet"));
            if (models != null) {
                replay.addAll(List.of("--models", models.toString()));
            }
            replay.add("@" + only(part, scratch.folder()));
            Process process =
                    new ProcessBuilder(replay)
                            .redirectOutput(verdicts.toFile())
                            .redirectError(errors.toFile())
                            .start();
            int exitCode = exitCode(process);
            if (Files.isRegularFile(report)) {
                return new Seen(List.of(), death(report));
            }
            if (exitCode > ReplayCommand.UNUSABLE) {
                return new Seen(List.of(), end(exitCode));
            }
            if (Files.size(verdicts) == 0) {
                throw new IOException(
                        "a replay came to no verdict: " + Files.readString(errors).strip());
            }
            return Seen.WELL;
        }
    }

    /** The ids are too many for a command line: they are in a file of arguments. */
    private static Path only(List<Long> part, Path folder) throws IOException {
        String ids = part.stream().map(RequestIds::hex).collect(Collectors.joining(","));
        return Files.writeString(folder.resolve("only"), "--only " + ids);
    }

    private static int exitCode(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a replay ran");
        }
    }

    private static String end(int exitCode) {
        String signal = exitCode > SIGNALLED ? ", signal " + (exitCode - SIGNALLED) : "";
        return "the process ended with code " + exitCode + signal;
    }

    /** What the JVM's own report says of its end: the signal or error, and where. */
    private static String death(Path report) throws IOException {
        String error = "";
        Iterator<String> lines = Files.readAllLines(report).iterator();
        while (lines.hasNext()) {
            String line = lines.next();
            if (error.isEmpty() && ERROR.matcher(line).find()) {
                error = line.substring(1).strip();
            } else if (line.startsWith("# Problematic frame:") && lines.hasNext()) {
                return error + ", in " + lines.next().substring(1).strip();
            }
        }
        return error.isEmpty() ? "the JVM died" : error;
    }
}

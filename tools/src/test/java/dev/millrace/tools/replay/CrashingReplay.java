package dev.millrace.tools.replay;

import dev.millrace.config.LogConfig;
import dev.millrace.journal.RequestIds;
import dev.millrace.tools.journal.RecordedRange;
import dev.millrace.tools.serve.Logging;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A replay that writes where no memory is as soon as a certain request samples its third token. */
final class CrashingReplay {
    private static final String VICTIM = "millrace.test.victim";

    private CrashingReplay() {}

    /** What starts it. */
    static List<String> command(long victim) {
        List<String> command = CrashTrial.command(CrashingReplay.class);
        command.add(command.size() - 1, "-D" + VICTIM + "=" + RequestIds.hex(victim));
        return command;
    }

    /** Takes what a trial passes: {@code replay JOURNAL --verify --quiet @FILE}. */
    public static void main(String[] args) throws Exception {
        Logging.configure(LogConfig.defaults());
        long victim = RequestIds.parse(System.getProperty(VICTIM)).orElseThrow();
        String only = Files.readString(Path.of(args[4].substring(1)));
        var scope =
                VerifyScope.of(
                        new RecordedRange(),
                        List.of(only.substring("--only ".length()).split(",", -1)));
        var verify =
                new ReplayVerify(
                        Path.of(args[1]),
                        null,
                        scope,
                        (id, _, index, token) -> id == victim && index == 2 ? crash(token) : token);
        VerifyReport report = verify.verify();
        System.out.println(VerifyText.summary(report));
        System.exit(report.exact() ? ReplayCommand.SAME : ReplayCommand.DIFFERENT);
    }

    @SuppressWarnings("restricted")
    private static int crash(int token) {
        MemorySegment.ofAddress(1 << 20)
                .reinterpret(Long.BYTES)
                .set(ValueLayout.JAVA_LONG, 0, token);
        return token;
    }
}

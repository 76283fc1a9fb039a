package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9, again and again, on one folder. */
class JournalKillTest {
    private static final int ROUNDS = 4;

    @TempDir Path folder;

    @Test
    void shouldHoldEveryAnswerThatWasGivenBeforeAKill() throws Exception {
        Random random = new Random(9);
        List<String> answered = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            int before = answered.size();
            killAfter(1 + random.nextInt(2000), "round" + round, answered);
            assertThat(answered.size()).isGreaterThan(before);
            JournalVerifier.Report report = JournalVerifier.verify(folder, answered);
            assertThat(report.damage()).as("round %d", round).isNull();
            assertThat(report.missing()).as("round %d", round).isEmpty();
            assertThat(report.problems()).isEmpty();
            assertThat(report.runs()).isEqualTo(round + 1);
        }
    }

    private void killAfter(int answers, String name, List<String> answered) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .filter(argument -> !argument.startsWith("-javaagent"))
                        .toList());
        command.add("-cp");
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.addAll(List.of(KilledServer.class.getName(), folder.toString(), name));
        Process server =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader said =
                new BufferedReader(
                        new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < answers; i++) {
                String line = said.readLine();
                assertThat(line).as("the server died by itself").isNotNull();
                answered.add(line);
            }
            // Process.destroyForcibly would close the stream that still holds lines.
            server.toHandle().destroyForcibly();
            // What it still managed to say counts too; its last line may be cut.
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                answered.add(line);
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
        String last = answered.getLast();
        if (!last.matches("round\\d+-\\d+") || !followsTheOneBefore(answered)) {
            answered.removeLast();
        }
    }

    private static boolean followsTheOneBefore(List<String> answered) {
        if (answered.size() < 2) {
            return true;
        }
        int last = number(answered.getLast());
        return last == 0 || last == number(answered.get(answered.size() - 2)) + 1;
    }

    private static int number(String name) {
        return Integer.parseInt(name.substring(name.indexOf('-') + 1));
    }
}

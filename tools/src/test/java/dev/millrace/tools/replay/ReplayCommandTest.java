package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused, and in which words. */
class ReplayCommandTest {
    @TempDir Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(String... arguments) {
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    replay                                          | JOURNAL is needed
                    replay J                                        | --verify, or --against URL
                    replay J --verify --against http://h            | one of them
                    replay J --against 127.0.0.1:8080               | option '--against': '127.0.0.1:8080' is not
                    replay J --against http://h --speed 0           | --speed: '0'
                    replay J --against http://h --connections 0     | a number from 1 to 16384
                    replay J --against http://h --tolerance -1      | --tolerance: '-1.0'
                    replay J --against http://h --from yesterday    | --from: 'yesterday'
                    replay J --against http://h --to 1m             | seconds since the first
                    replay J --against http://h                     | J is not a folder
                    replay trace                                    | export or run is needed
                    replay trace export J F                         | J is not a folder
                    replay trace export J F --block 0               | --block: '0'
                    replay trace run F                              | --against=URL
                    replay trace run F --against http://h --model m | FILE: 'F'
                    """)
    void shouldRefuseWrongUsageWithAReason(String line, String reason) {
        assertThat(millrace(line.strip().split(" +"))).as("%s", err).isEqualTo(2);
        assertThat(err.toString()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {                                                    | line 2: not JSON
                    {"timestamp":1,"output_length":1}                    | input_length: 'nothing'
                    {"timestamp":-1,"input_length":1,"output_length":1}  | timestamp: '-1'
                    {"timestamp":0,"input_length":0,"output_length":1}   | input_length: '0'
                    {"timestamp":0,"input_length":1,"output_length":"x"} | output_length: '"x"'
                    {"timestamp":0,"input_length":1,"output_length":1,"hash_ids":["a"]} | hash_ids
                    """)
    void shouldNameTheLineOfATraceThatCannotBeUsed(String line, String reason) throws IOException {
        Path trace =
                Files.writeString(
                        folder.resolve("t.jsonl"),
                        "{\"timestamp\":0,\"input_length\":1,\"output_length\":1}\n" + line + "\n");
        String[] run = {
            "replay", "trace", "run", trace.toString(), "--against", "http://h", "--model", "m"
        };
        assertThat(millrace(run)).isEqualTo(2);
        assertThat(err.toString()).contains("line 2", reason);
    }

    @Test
    void shouldSayThatNothingAnswers() throws IOException {
        Path trace =
                Files.writeString(
                        folder.resolve("t.jsonl"),
                        "{\"timestamp\":0,\"input_length\":1,\"output_length\":1}");
        String[] run = {
            "replay",
            "trace",
            "run",
            trace.toString(),
            "--against",
            "http://127.0.0.1:1",
            "--model",
            "m"
        };
        assertThat(millrace(run)).isEqualTo(1);
        assertThat(err.toString()).contains("nothing answers at http://127.0.0.1:1");
    }

    @Test
    void shouldShareOfPromptsWhatTheTraceSays() {
        var prompts = new TracePrompts(7, 1000, 4);
        int[] one = prompts.of(new TraceLine(0, 10, 1, List.of(5L, 6L, 7L)), 0);
        int[] two = prompts.of(new TraceLine(0, 9, 1, List.of(5L, 6L, 8L)), 1);
        int[] unhashed = prompts.of(new TraceLine(0, 9, 1, List.of()), 2);

        assertThat(one).hasSize(10);
        assertThat(two).hasSize(9);
        assertThat(Stream.of(one, two, unhashed))
                .allSatisfy(ids -> {
                    for (int id : ids) {
                        assertThat(id).isBetween(0, 999);
                    }
                });
        assertThat(java.util.Arrays.mismatch(one, two)).isEqualTo(8);
        assertThat(java.util.Arrays.mismatch(one, unhashed)).isZero();
        assertThat(prompts.of(new TraceLine(9, 10, 3, List.of(5L, 6L, 7L)), 3)).isEqualTo(one);
        assertThat(new TracePrompts(8, 1000, 4).of(new TraceLine(0, 4, 1, List.of(5L)), 0))
                .isNotEqualTo(java.util.Arrays.copyOf(one, 4));
    }
}

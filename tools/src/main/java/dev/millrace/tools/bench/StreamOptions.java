package dev.millrace.tools.bench;

import dev.millrace.tools.load.LoadOptions;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Streams of text that a measurement keeps open at once. */
final class StreamOptions {
    private static final int MOST_STREAMS = 512;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "tokens of each answer (${DEFAULT-VALUE})")
    int answerTokens;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,4,8,16",
            description = "streams at once, one measurement each (${DEFAULT-VALUE})")
    List<Integer> concurrency = new ArrayList<>();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "answers of each stream (${DEFAULT-VALUE})")
    int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            defaultValue = "1",
            description = "rounds before each measurement (${DEFAULT-VALUE})")
    int warmup;

    @Option(
            names = "--intruder-prompt",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "tokens of prompts that one more client sends meanwhile, one after the other,",
                "each for one token (${DEFAULT-VALUE}: none)"
            })
    int intruderTokens;

    /** Refuses by name what cannot be. */
    void check() {
        LoadOptions.inRange("--tokens", answerTokens, 1, 1 << 20);
        LoadOptions.inRange("--rounds", rounds, 1, 1_000_000);
        LoadOptions.inRange("--warmup", warmup, 0, 1_000_000);
        LoadOptions.inRange("--intruder-prompt", intruderTokens, 0, 1 << 20);
        concurrency.forEach(
                streams -> LoadOptions.inRange("--concurrency", streams, 1, MOST_STREAMS));
    }
}

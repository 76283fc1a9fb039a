package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LlamaOracleTest extends TorchTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "4, 4, 6, true, false", // no groups
        "4, 2, 6, false, false", // grouped queries, a head of its own
        "6, 1, 4, false, true", // one key head for all, biases
        "3, 3, 10, true, true", // heads wider than hidden / heads
        "4, 2, 2, false, true",
    })
    void shouldAgreeWithTheNaiveForward(
            int heads, int kvHeads, int headDim, boolean tied, boolean biased) throws IOException {
        compare(new TinyLlama(heads, kvHeads, headDim, tied, biased, 17));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 29, 64, 100})
    void shouldKeepMistralTokensWithinTheirWindow(int window) throws IOException {
        compare(TinyLlama.mistral(4, 2, 6, window, 19));
    }

    @ParameterizedTest
    @CsvSource({"4, 2, 6, true", "6, 1, 4, false"})
    void shouldAddQwen2sBiases(int heads, int kvHeads, int headDim, boolean tied)
            throws IOException {
        compare(TinyLlama.qwen2(heads, kvHeads, headDim, tied, 23));
    }

    @ParameterizedTest
    @CsvSource({"4, 2, 6, true, false", "3, 3, 16, false, false", "6, 1, 10, false, true"})
    void shouldNormaliseQwen3sQueriesAndKeys(
            int heads, int kvHeads, int headDim, boolean tied, boolean biased) throws IOException {
        compare(TinyLlama.qwen3(heads, kvHeads, headDim, tied, biased, 24));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"rope_scaling\":{\"type\":\"linear\",\"factor\":2.5}",
                "\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":2.5}",
                "\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":2.5,\"rope_theta\":500.0}"
            })
    void shouldStretchAllPositionsAlike(String json) throws IOException {
        compare(new TinyLlama(4, 2, 6, false, false, 21).scaled(json, _ -> 2.5));
    }

    /** Of the pairs of a head, some are above the ramp, some on it and some below. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"rope_scaling\":{\"rope_type\":\"llama3\",%s}",
                "\"rope_parameters\":{\"rope_type\":\"llama3\",\"rope_theta\":500.0,%s}"
            })
    void shouldStretchLowFrequenciesAsLlama3Does(String form) throws IOException {
        String json =
                form.formatted(
                        "\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
                                + "\"original_max_position_embeddings\":200");
        compare(
                new TinyLlama(4, 2, 16, false, false, 22)
                        .scaled(
                                json,
                                turn -> {
                                    if (turn < 200 / 4.0) {
                                        return 1;
                                    }
                                    if (turn > 200 / 1.0) {
                                        return 8;
                                    }
                                    double smooth = (200 / turn - 1) / (4 - 1);
                                    return 1 / ((1 - smooth) / 8 + smooth);
                                }));
    }

    private void compare(TinyLlama tiny) throws IOException {
        tiny.write(folder);
        try (StepModel model =
                LlamaModel.load(
                        folder, CacheLimits.of(OracleRun.SLOTS, 64), WeightFormat.FLOAT32)) {
            OracleRun.compare(model, tiny::logits);
        }
        // The halves' rounding is the oracle's; all else has to agree as closely as with floats.
        try (StepModel model =
                LlamaModel.load(
                        folder, CacheLimits.of(OracleRun.SLOTS, 64), WeightFormat.FLOAT16)) {
            OracleRun.compare(model, tiny.halved()::logits);
        }
    }
}

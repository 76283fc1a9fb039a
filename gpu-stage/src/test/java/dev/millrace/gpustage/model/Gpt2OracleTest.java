package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Gpt2OracleTest extends TorchTest {
    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "4, 0, true, transformer.",
        "3, 20, true, ''",
        "1, 0, false, transformer.",
        "24, 50, false, ''",
    })
    void shouldAgreeWithTheNaiveForward(int heads, int ffn, boolean tied, String prefix)
            throws IOException {
        TinyGpt2 tiny = new TinyGpt2(heads, ffn, tied, prefix, 31);
        tiny.write(folder);
        try (StepModel model =
                Gpt2Model.load(folder, CacheLimits.of(OracleRun.SLOTS, 64), WeightFormat.FLOAT32)) {
            OracleRun.compare(model, tiny::logits);
        }
    }
}

package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolingTest {
    private static final String MODULES =
            """
            [{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},
             {"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}%s]\
            """;

    @TempDir Path folder;

    @Test
    void shouldTakeTheNormalisedMeanWhereNothingIsSaid() {
        assertThat(Pooling.read(folder)).isEqualTo(new Pooling(false, true));
    }

    @Test
    void shouldReadThePoolingFile() throws IOException {
        pooling("{\"pooling_mode_cls_token\":true,\"pooling_mode_mean_tokens\":false}");
        assertThat(Pooling.read(folder)).isEqualTo(new Pooling(true, true));
    }

    @Test
    void shouldNormaliseOnlyWhereTheModulesSayIt() throws IOException {
        pooling("{\"pooling_mode_mean_tokens\":true}");
        Files.writeString(folder.resolve("modules.json"), MODULES.formatted(""));
        assertThat(Pooling.read(folder)).isEqualTo(new Pooling(false, false));
        Files.writeString(
                folder.resolve("modules.json"),
                MODULES.formatted(
                        ",{\"path\":\"2_Normalize\",\"type\":\"sentence_transformers.models.Normalize\"}"));
        assertThat(Pooling.read(folder)).isEqualTo(new Pooling(false, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"pooling_mode_max_tokens":true}                                    | pooling_mode_max_tokens is true
                    {"pooling_mode_lasttoken":true}                                     | pooling_mode_lasttoken is true
                    {"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}     | exactly one
                    {"pooling_mode_cls_token":false}                                    | exactly one
                    {"pooling_mode_cls_token":1}                                        | true or false
                    []                                                                  | a JSON object
                    """)
    void shouldRefusePoolingThatIsNotServed(String json, String reason) throws IOException {
        pooling(json);
        assertRefused(reason);
    }

    @Test
    void shouldRefuseModulesThatAreNotServed() throws IOException {
        Path modules = folder.resolve("modules.json");
        Files.writeString(
                modules, MODULES.formatted(",{\"type\":\"sentence_transformers.models.Dense\"}"));
        assertRefused("models.Dense");
        Files.writeString(modules, MODULES.formatted("").replace("1_Pooling", "../../elsewhere"));
        assertRefused("a folder inside the model");
        Files.writeString(modules, "{}");
        assertRefused("a list of modules");
    }

    private void pooling(String json) throws IOException {
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("1_Pooling/config.json"), json);
    }

    private void assertRefused(String reason) {
        assertThatThrownBy(() -> Pooling.read(folder))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(reason)
                .hasMessageContaining(folder.toString());
    }
}

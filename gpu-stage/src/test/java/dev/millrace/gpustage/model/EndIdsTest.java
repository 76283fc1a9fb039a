package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.SharedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndIdsTest {
    @TempDir Path folder;

    @Test
    void shouldEndAtTheTokenThatBeginsATextToo() {
        assertThat(EndIds.read(SharedModels.folder("stories260K"))).containsExactlyInAnyOrder(1, 2);
        assertThat(EndIds.read(SharedModels.folder("austen-2.8m"))).containsExactly(0);
    }

    @Test
    void shouldPreferTheGenerationConfig() throws IOException {
        Files.writeString(
                folder.resolve("config.json"), "{\"eos_token_id\":7,\"bos_token_id\":null}");
        assertThat(EndIds.read(folder)).containsExactly(7);
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":[8,9]}");
        assertThat(EndIds.read(folder)).containsExactlyInAnyOrder(8, 9);
        Files.writeString(folder.resolve("generation_config.json"), "{\"temperature\":0.5}");
        assertThat(EndIds.read(folder)).containsExactly(7);
    }
}

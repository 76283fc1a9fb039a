package dev.millrace.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentFactsTest {
    @TempDir Path gpus;

    @Test
    void shouldNameTheModelOfEveryDevice() throws IOException {
        for (String address : new String[] {"0000:1b:00.0", "0000:04:00.0"}) {
            Path folder = Files.createDirectory(gpus.resolve(address));
            Files.writeString(
                    folder.resolve("information"),
                    "Model: \t\t NVIDIA " + address.substring(5, 7) + "\nIRQ:   \t\t 0\n");
        }
        assertThat(EnvironmentFacts.devices(gpus)).isEqualTo("NVIDIA 04, NVIDIA 1b");
        assertThat(EnvironmentFacts.devices(gpus.resolve("none"))).isEqualTo("unknown");
    }
}

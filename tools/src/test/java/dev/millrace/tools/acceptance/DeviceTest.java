package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.ModelsConfig.Device;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.config.ServerConfig;
import dev.millrace.tools.serve.Server;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void shouldRefuseADeviceThatTheBuildCannotUse() {
        ServerConfig config =
                ServerConfig.defaults()
                        .withModels(new ModelsConfig(null, Device.CUDA, Dtype.FLOAT32, List.of()));
        assertThatThrownBy(() -> Server.start(config))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("models.device")
                .hasMessageContaining("cuda")
                .hasMessageContaining("auto or cpu");
    }
}

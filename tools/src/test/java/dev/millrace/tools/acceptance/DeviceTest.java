package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.ModelsConfig.Device;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.config.ServerConfig;
import dev.millrace.tools.serve.Server;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void shouldRefuseADeviceThatTheBuildCannotUse() {
        ServerConfig defaults = ServerConfig.defaults();
        var config =
                new ServerConfig(
                        defaults.http(),
                        defaults.aeron(),
                        defaults.ring(),
                        defaults.threads(),
                        defaults.rateLimit(),
                        defaults.batch(),
                        defaults.generation(),
                        defaults.cache(),
                        new ModelsConfig(null, Device.CUDA, Dtype.FLOAT32),
                        defaults.journal(),
                        defaults.log(),
                        defaults.drainTimeoutMillis());
        assertThatThrownBy(() -> Server.start(config))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("models.device")
                .hasMessageContaining("cuda")
                .hasMessageContaining("auto or cpu");
    }
}

package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.gpustage.torch.TorchDevice;
import org.junit.jupiter.api.Test;

/** What a device runs, computed by the CPU: so that it is tested where there is no device. */
class PlainOnCpuTest extends PlainModelTest {
    @Override
    TorchDevice device() {
        return TorchDevice.CPU;
    }

    @Override
    double tolerance() {
        return 1e-4;
    }

    @Test
    void shouldRefuseFormatsThatAreACpusAlone() {
        assertThatThrownBy(() -> new Placement(TorchDevice.CUDA, WeightFormat.FLOAT16, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("float16")
                .hasMessageContaining("plain");
        assertThatThrownBy(() -> WeightFormat.plain(Dtype.INT8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("models.dtype int8");
    }
}

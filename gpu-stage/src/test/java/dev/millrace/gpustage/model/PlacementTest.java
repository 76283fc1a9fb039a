package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.torch.TorchDevice;
import org.junit.jupiter.api.Test;

class PlacementTest {
    @Test
    void shouldReadPagesOfWideModelsInPackedFormats() {
        assertThat(Placement.of(TorchDevice.CPU, WeightFormat.INT8, 512).readsPages()).isTrue();
        assertThat(Placement.of(TorchDevice.CPU, WeightFormat.INT8, 511).readsPages()).isFalse();
        assertThat(Placement.of(TorchDevice.CUDA, WeightFormat.PLAIN_FLOAT16, 4096).readsPages())
                .isFalse();
    }

    @Test
    void shouldRefusePagesInAPlainFormat() {
        assertThatThrownBy(() -> new Placement(TorchDevice.CPU, WeightFormat.PLAIN_FLOAT32, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("plain-float32");
    }
}

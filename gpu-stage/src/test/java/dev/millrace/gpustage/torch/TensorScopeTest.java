package dev.millrace.gpustage.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TensorScopeTest extends TorchTest {
    @Test
    void shouldFreeWhatWasMadeInside() {
        Tensor tensor;
        try (TensorScope _ = TensorScope.open()) {
            tensor = NativeTensors.zeros(Datatype.FP32, 4, 4);
            assertThat(TensorScope.liveScopes()).isEqualTo(1);
            assertThat(tensor.isNull()).isFalse();
        }
        assertThat(tensor.isNull()).as("freed").isTrue();
    }

    @Test
    void shouldNotLetATensorBeMadeWhereNobodyFreesIt() {
        assertThatThrownBy(() -> NativeTensors.zeros(Datatype.FP32, 4))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldKeepWhatIsAskedFor() {
        Tensor kept;
        try (TensorScope outer = TensorScope.open()) {
            try (TensorScope inner = TensorScope.open()) {
                kept = inner.keep(NativeTensors.zeros(Datatype.INT64, 3));
            }
            assertThat(outer.isOpen()).isTrue();
        }
        assertThat(kept.numel()).isEqualTo(3);
        assertThat(TensorScope.liveKept()).isEqualTo(1);
        TensorScope.free(kept);
        assertThat(kept.isNull()).isTrue();
    }

    @Test
    void shouldPassATensorOnToTheScopeAround() {
        Tensor passed;
        try (TensorScope _ = TensorScope.open()) {
            Tensor left;
            try (TensorScope inner = TensorScope.open()) {
                left = NativeTensors.zeros(Datatype.INT64, 2);
                passed = inner.passOn(NativeTensors.zeros(Datatype.INT64, 3));
            }
            assertThat(left.isNull()).isTrue();
            assertThat(passed.numel()).isEqualTo(3);
        }
        assertThat(passed.isNull()).isTrue();
    }

    @Test
    void shouldFreeWhatWasMadeBeforeAnExecutionThrew() {
        Tensor[] made = new Tensor[1];
        assertThatThrownBy(
                        () -> {
                            try (TensorScope _ = TensorScope.open()) {
                                made[0] = NativeTensors.zeros(Datatype.FP32, 2, 3);
                                NativeTensors.reshape(made[0], 5, 5);
                            }
                        })
                .isInstanceOf(RuntimeException.class)
                .satisfies(e ->
                        assertThat(ScriptModule.reason(e)).contains("[5, 5]").doesNotContain("\n"));
        assertThat(made[0].isNull()).isTrue();
    }

    @Test
    void shouldViewJavasMemoryInEveryDatatype() {
        try (Arena arena = Arena.ofConfined();
                TensorScope _ = TensorScope.open()) {
            MemorySegment memory = arena.allocate(64, 8);
            memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            for (Datatype datatype : Datatype.values()) {
                Tensor tensor = NativeTensors.over(memory, datatype, 2, 4);
                assertThat(NativeTensors.datatype(tensor)).isEqualTo(datatype);
                assertThat(NativeTensors.memory(tensor).address()).isEqualTo(memory.address());
                assertThat(tensor.nbytes()).isEqualTo(8L * datatype.bytes());
            }
            assertThatThrownBy(() -> NativeTensors.over(memory, Datatype.FP64, 3, 3))
                    .hasMessageContaining("72 bytes");
        }
    }

    @Test
    void shouldSayWhatItRunsOn() {
        LibTorch.NativeInfo info = LibTorch.start(1, 1);
        assertThat(info.version()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(info.intraOpThreads()).isEqualTo(1);
        assertThat(info.interOpThreads()).isEqualTo(1);
        assertThat(Objects.requireNonNull(info.cpuCapability())).isNotEqualTo("unknown");
        assertThatThrownBy(() -> LibTorch.start(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}

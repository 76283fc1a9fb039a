package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class SlotMemoryTest {
    private static final int SLOTS = 512;
    private static final int LINE_BYTES = 64;

    @Test
    void shouldGiveEachPartMemoryOfItsOwn() {
        try (Arena arena = Arena.ofShared()) {
            var memory = new SlotMemory(arena, SLOTS, 100, 8192);
            List<UnsafeBuffer> parts = parts(memory);
            for (int i = 0; i < parts.size(); i++) {
                UnsafeBuffer part = parts.get(i);
                part.setMemory(0, part.capacity(), (byte) i);
            }
            for (int i = 0; i < parts.size(); i++) {
                UnsafeBuffer part = parts.get(i);
                assertThat(part.getByte(0)).isEqualTo((byte) i);
                assertThat(part.getByte(part.capacity() - 1)).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void shouldSpreadTheBeginningsOfSlotsOverThePage() {
        try (Arena arena = Arena.ofShared()) {
            Set<Long> lines = new HashSet<>();
            for (UnsafeBuffer part : parts(new SlotMemory(arena, SLOTS, 100, 8192))) {
                if (part.capacity() == 8192) {
                    assertThat(part.addressOffset() % LINE_BYTES).isZero();
                    lines.add(part.addressOffset() % 4096 / LINE_BYTES);
                }
            }
            assertThat(lines).hasSize(4096 / LINE_BYTES);
        }
    }

    private static List<UnsafeBuffer> parts(SlotMemory memory) {
        List<UnsafeBuffer> parts = new ArrayList<>();
        for (int slot = 0; slot < SLOTS; slot++) {
            parts.addAll(List.of(memory.next()));
        }
        return parts;
    }
}

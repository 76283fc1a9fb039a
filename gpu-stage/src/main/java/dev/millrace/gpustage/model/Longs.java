package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Tensor;

/** A list of int64 in native memory that a step reads; reused, and grows where it must. */
final class Longs {
    private final Arena arena;
    private MemorySegment memory;
    private int size;

    Longs(Arena arena, int capacity) {
        this.arena = arena;
        this.memory = arena.allocate(ValueLayout.JAVA_LONG, capacity);
    }

    void clear() {
        size = 0;
    }

    void add(long value) {
        long capacity = memory.byteSize() / Long.BYTES;
        if (size == capacity) {
            // What it grows out of is freed with the arena; doubling bounds that by as much again.
            MemorySegment larger = arena.allocate(ValueLayout.JAVA_LONG, 2 * capacity);
            larger.copyFrom(memory);
            memory = larger;
        }
        memory.setAtIndex(ValueLayout.JAVA_LONG, size++, value);
    }

    long get(int index) {
        return memory.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    int size() {
        return size;
    }

    /** A tensor over its elements, valid until the next change. */
    Tensor tensor(long... shape) {
        return NativeTensors.over(memory.address(), Datatype.INT64, shape);
    }
}

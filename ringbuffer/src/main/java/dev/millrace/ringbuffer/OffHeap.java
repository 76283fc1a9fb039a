package dev.millrace.ringbuffer;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory that is reserved now and becomes resident when first touched: {@code malloc} of a large
 * block, untouched.
 */
@SuppressWarnings("restricted")
final class OffHeap {
    private static final MethodHandle MALLOC;
    private static final MethodHandle FREE;

    static {
        Linker linker = Linker.nativeLinker();
        MALLOC =
                linker.downcallHandle(
                        linker.defaultLookup().find("malloc").orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        FREE =
                linker.downcallHandle(
                        linker.defaultLookup().find("free").orElseThrow(),
                        FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    }

    private OffHeap() {}

    /** {@link Arena#allocate(long)} would clear, and so touch, every page. */
    static MemorySegment reserve(Arena arena, long bytes) {
        try {
            MemorySegment raw = (MemorySegment) MALLOC.invokeExact(bytes);
            if (raw.address() == 0) {
                throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
            }
            return raw.reinterpret(bytes, arena, OffHeap::free);
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("malloc could not be called", e);
        }
    }

    private static void free(MemorySegment segment) {
        try {
            FREE.invokeExact(segment);
        } catch (Throwable e) {
            throw new IllegalStateException("free could not be called", e);
        }
    }
}

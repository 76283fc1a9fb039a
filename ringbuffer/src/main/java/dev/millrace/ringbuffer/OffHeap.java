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
    private static final MethodHandle MADVISE;
    private static final int MADV_HUGEPAGE = 14;
    private static final long HUGE_PAGE_BYTES = 2 << 20;

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
        MADVISE =
                linker.downcallHandle(
                        linker.defaultLookup().find("madvise").orElseThrow(),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT));
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

    /**
     * As {@link #reserve}, in pages of 2 MiB where the system has them to give: who walks through
     * it then finds each address translated.
     */
    static MemorySegment reserveInHugePages(Arena arena, long bytes) {
        MemorySegment raw = reserve(arena, bytes + HUGE_PAGE_BYTES);
        long begin = -Math.floorDiv(-raw.address(), HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES;
        try {
            // What it answers does not matter: it is advice, and small pages do as well.
            int _ = (int) MADVISE.invokeExact(begin, bytes, MADV_HUGEPAGE);
        } catch (Throwable e) {
            throw new IllegalStateException("madvise could not be called", e);
        }
        return raw.asSlice(begin - raw.address(), bytes);
    }

    private static void free(MemorySegment segment) {
        try {
            FREE.invokeExact(segment);
        } catch (Throwable e) {
            throw new IllegalStateException("free could not be called", e);
        }
    }
}

package dev.millrace.journal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The disk blocks and cached pages of one file, ahead of whoever writes it through a mapping: a
 * page whose block cannot be had would end the writer with SIGBUS, where a system call says so. For
 * Linux; elsewhere, and on file systems that reserve nothing, all of it does nothing.
 *
 * <p>One thread at a time.
 */
final class FileBlocks implements AutoCloseable {
    /** What came of a reservation. */
    enum Reserved {
        DONE,
        /** The disk, or the quota, has no more. */
        NO_SPACE,
        /** This system or file system knows no reservations. */
        UNKNOWN
    }

    // Of Linux, the same on every architecture that a JDK is made for but where one is asked for.
    private static final int O_RDWR_CLOEXEC = 0x80002;
    private static final int KEEP_SIZE = 1;
    private static final int PUNCH_HOLE = 2;
    private static final int POPULATE_READ = 22;
    private static final int START_WRITING = 2;
    private static final int NOT_NEEDED = "s390x".equals(System.getProperty("os.arch")) ? 6 : 4;
    private static final int ENOSPC = 28;
    private static final int EDQUOT = 122;
    private static final int EINTR = 4;

    /** Reserved and prepared at once; the largest page of a file's cache. */
    static final int PIECE_BYTES = 2 << 20;

    /** Written at once. */
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10);

    /** A multiple of the size of any system's pages. */
    private static final long PAGE_BYTES = 64 << 10;

    private static final boolean LINUX = "Linux".equals(System.getProperty("os.name"));

    private final FileChannel channel;
    private final int descriptor;

    private FileBlocks(FileChannel channel, int descriptor) {
        this.channel = channel;
        this.descriptor = descriptor;
    }

    static FileBlocks of(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new FileBlocks(channel, LINUX ? Native.open(file) : -1);
    }

    /** Blocks for those bytes; what is written there, and the file's size, stay as they are. */
    Reserved reserve(long from, long bytes) {
        if (descriptor < 0) {
            return Reserved.UNKNOWN;
        }
        int error = Native.allocate(descriptor, KEEP_SIZE, from, bytes);
        while (error == EINTR) {
            error = Native.allocate(descriptor, KEEP_SIZE, from, bytes);
        }
        return switch (error) {
            case 0 -> Reserved.DONE;
            case ENOSPC, EDQUOT -> Reserved.NO_SPACE;
            default -> Reserved.UNKNOWN;
        };
    }

    /** Gives back blocks for bytes that nobody has written. */
    void release(long from, long bytes) {
        if (descriptor >= 0 && bytes > 0) {
            Native.allocate(descriptor, KEEP_SIZE | PUNCH_HOLE, from, bytes);
        }
    }

    /** Up to where there are bytes to be mapped, read or written. */
    long fileBytes() throws IOException {
        return channel.size();
    }

    /**
     * Brings those bytes, which the file has, into the page cache; makes none dirty.
     *
     * @param bytes at most {@link #PIECE_BYTES}
     */
    void touch(long from, long bytes) throws IOException {
        if (descriptor < 0) {
            return;
        }
        long page = from & -PAGE_BYTES;
        try (Arena arena = Arena.ofConfined()) {
            // Read only: such a mapping never makes a file longer.
            Native.advise(
                    channel.map(FileChannel.MapMode.READ_ONLY, page, from + bytes - page, arena),
                    POPULATE_READ);
        }
    }

    /**
     * Writes zeros over those bytes, which the file has, reserved. The kernel takes pages for them
     * by the hundred and has each ready to be written, where a fault takes one, and asks for its
     * block; they are dirty from then on.
     */
    void zero(long from, long bytes) throws IOException {
        long end = from + bytes;
        for (long at = from; at < end; ) {
            int most = (int) Math.min(ZEROS.capacity(), end - at);
            at += channel.write(ZEROS.duplicate().limit(most), at);
        }
    }

    /** Begins to write those bytes to the disk, and waits for none of them. */
    void startWriting(long from, long bytes) {
        if (descriptor >= 0) {
            Native.startWriting(descriptor, from, bytes);
        }
    }

    /**
     * The page cache may give up those of these bytes that are on the disk and in no mapping;
     * whoever reads them later reads the disk.
     */
    void giveUp(long from, long bytes) {
        if (descriptor >= 0) {
            Native.giveUp(descriptor, from, bytes);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (descriptor >= 0) {
            Native.close(descriptor);
        }
    }

    /** Looked up when it is used first: takes tens of milliseconds. */
    private static final class Native {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final SymbolLookup LIBC = LINKER.defaultLookup();
        private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
        private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
        private static final VarHandle ERRNO_FIELD =
                STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        private static final MethodHandle OPEN =
                function(
                        "open",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT),
                        Linker.Option.firstVariadicArg(2));
        private static final MethodHandle CLOSE =
                function(
                        "close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        private static final MethodHandle FALLOCATE =
                function(
                        "fallocate",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG),
                        ERRNO);
        private static final MethodHandle MADVISE =
                function(
                        "madvise",
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.ADDRESS,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT));

        /** Of a file's descriptor, an offset, a length and what is asked for. */
        private static final FunctionDescriptor OF_A_RANGE =
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT);

        private static final MethodHandle SYNC_FILE_RANGE = function("sync_file_range", OF_A_RANGE);
        private static final MethodHandle FADVISE = function("posix_fadvise", OF_A_RANGE);

        // The command line allows it: --enable-native-access.
        @SuppressWarnings("restricted")
        private static MethodHandle function(
                String name, FunctionDescriptor type, Linker.Option... options) {
            return LINKER.downcallHandle(LIBC.findOrThrow(name), type, options);
        }

        /** -1 where it cannot be opened. */
        static int open(Path file) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment name = arena.allocateFrom(file.toAbsolutePath().toString());
                return (int) OPEN.invokeExact(name, O_RDWR_CLOEXEC, 0);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        /** 0, or the error's number. */
        static int allocate(int descriptor, int mode, long from, long bytes) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(STATE);
                int result = (int) FALLOCATE.invokeExact(state, descriptor, mode, from, bytes);
                return result == 0 ? 0 : (int) ERRNO_FIELD.get(state, 0L);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        /** Where it cannot be done, whoever reads or writes there later does it. */
        static void advise(MemorySegment mapped, int advice) {
            try {
                int ignored = (int) MADVISE.invokeExact(mapped, mapped.byteSize(), advice);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        static void startWriting(int descriptor, long from, long bytes) {
            ofRange(SYNC_FILE_RANGE, descriptor, from, bytes, START_WRITING);
        }

        static void giveUp(int descriptor, long from, long bytes) {
            ofRange(FADVISE, descriptor, from, bytes, NOT_NEEDED);
        }

        /** Where it cannot be done, the kernel does it in its own time. */
        private static void ofRange(
                MethodHandle call, int descriptor, long from, long bytes, int what) {
            try {
                int ignored = (int) call.invokeExact(descriptor, from, bytes, what);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        static void close(int descriptor) {
            try {
                int ignored = (int) CLOSE.invokeExact(descriptor);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        private static IllegalStateException unexpected(Throwable e) {
            return new IllegalStateException("a system call threw", e);
        }
    }
}

package dev.millrace.journal;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.bytes.MappedFile;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The queue's one appender. Any appending thread, one at a time: the lock here is the queue's write
 * lock, under which a frame gets its place in the total order, its time and its chain.
 *
 * <p>One appender for all threads, since Chronicle's own would look for the end of the queue again
 * whenever another one wrote.
 */
final class JournalWriter implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final ExcerptAppender appender;
    private final RecordOrder order;
    private final Counters counters;
    private final @Nullable JournalSync sync;
    private final UnsafeBuffer mapped = new UnsafeBuffer(0, 0);
    private final Runnable fileBegun;
    private final JournalRoom room;
    private final IntSupplier cycle;
    private @Nullable MappedFile file;
    private int fileCycle;
    private long end;

    /** Where a frame lies. */
    static final class Place {
        @Nullable MappedFile file;

        /** Byte offset of its document. */
        long position;

        /** Index of the record behind its last. */
        long nextRecordIndex;
    }

    /**
     * @param sync null where records are to survive the process alone
     * @param cycle of the file that a frame goes to at this moment
     * @param fileBegun told under the lock that the queue goes on in another file
     */
    JournalWriter(
            ExcerptAppender appender,
            RecordOrder order,
            Counters counters,
            @Nullable JournalSync sync,
            JournalRoom room,
            IntSupplier cycle,
            Runnable fileBegun) {
        this.appender = appender;
        this.order = order;
        this.counters = counters;
        this.sync = sync;
        this.room = room;
        this.cycle = cycle;
        this.fileBegun = fileBegun;
        // The thread that makes it is not the one that uses it; our lock sees to the rest.
        appender.singleThreadedCheckDisabled(true);
    }

    @Nullable JournalSync sync() {
        return sync;
    }

    /**
     * Appends a frame. When this has returned, its records are in the page cache.
     *
     * @param place filled
     * @throws JournalException where it is not in the journal
     */
    void commit(FrameBuilder frame, Place place) {
        frame.hash();
        // Chronicle gives up where it finds an interrupt, and closes the channel under the queue.
        boolean interrupted = Thread.interrupted();
        lock.lock();
        try {
            document(frame, place);
            if (sync != null) {
                sync.committed(place.nextRecordIndex);
            }
        } catch (RuntimeException | InternalError e) {
            // InternalError is how a mapped page that could not be had (disk full) shows.
            throw new JournalException("record not appended: " + e, e);
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        counters.add(Counter.JOURNAL_RECORDS, frame.records());
        counters.add(Counter.JOURNAL_BYTES, frame.length());
    }

    private void document(FrameBuilder frame, Place place) {
        place.file = null;
        int present = cycle.getAsInt();
        if (file == null || present != fileCycle) {
            room.needFile();
        } else {
            room.need(end + frame.length());
        }
        try (DocumentContext document = appender.writingDocument()) {
            try {
                write(document, frame, place);
            } catch (RuntimeException | Error e) {
                document.rollbackOnClose();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            // The queue may fail behind the frame, in an index of its own.
            if (place.file == null || mapped.getIntVolatile(0) != frame.length()) {
                throw e;
            }
        }
        fileCycle = present;
        room.written(end);
        order.taken(frame.records());
        place.nextRecordIndex = order.nextRecordIndex();
    }

    private void write(DocumentContext document, FrameBuilder frame, Place place) {
        var wire = document.wire();
        if (wire == null) {
            throw new JournalException("the queue gave no document to write");
        }
        Bytes<?> bytes = wire.bytes();
        long start = bytes.writePosition();
        int length = frame.length();
        MappedFile into = ((MappedBytes) bytes).mappedFile();
        if (!into.equals(file)) {
            begun(into, start);
        }
        room.need(start + length);
        byte[] sealed = frame.seal(order);
        // A block is mapped with a quarter of its size behind it, and no frame is longer.
        long address = bytes.addressForWrite(start);
        mapped.wrap(address - QueueFile.WORD_BYTES, QueueFile.WORD_BYTES + length);
        mapped.putBytes(QueueFile.WORD_BYTES, sealed, 0, length);
        end = start + length;
        bytes.writePosition(end);
        place.file = into;
        place.position = start - QueueFile.WORD_BYTES;
    }

    private void begun(MappedFile next, long from) {
        room.writingTo(next.file(), from);
        if (sync != null) {
            sync.writingTo(next.file());
        }
        file = next;
        fileBegun.run();
    }

    /** Only when nobody appends any more. */
    @Override
    public void close() {
        appender.close();
    }
}

package dev.millrace.journal;

import java.nio.file.Path;
import net.openhft.chronicle.bytes.MappedFile;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way into the journal. A record is composed in {@link #scratch()} with its type's
 * offsets and added with whatever bulk follows it; {@link #flush} appends all that was added as one
 * frame: what a thread sees in one pass of its ring costs one append.
 *
 * <p>When {@link #flush} has returned, the records are in the page cache: they survive the death of
 * this process, and that of the machine when {@link #sync} has returned too, where the journal is
 * to survive it. Methods that return a boolean say whether their caller may go on: false means that
 * the records are not in the journal and that nothing goes on that is not.
 */
final class JournalAppender {
    /** More than this is not gathered before it is appended. */
    static final int FLUSH_BYTES = 64 << 10;

    private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final JournalWriter writer;
    private final JournalOutage outage;
    private final int maxRecordBytes;
    private final FrameBuilder frame = new FrameBuilder();
    private final JournalWriter.Place place = new JournalWriter.Place();
    private @Nullable Thread owner;
    private final JournalWriteEvent wrote = new JournalWriteEvent();
    private final JournalSyncEvent synced = new JournalSyncEvent();
    private boolean onRecord;
    private @Nullable MappedFile lastFile;
    private Path lastPath = Path.of("");

    JournalAppender(JournalWriter writer, JournalOutage outage, int maxRecordBytes) {
        this.writer = writer;
        this.outage = outage;
        this.maxRecordBytes = maxRecordBytes;
    }

    /** Where a record is composed, at the offsets of its layout; for the next that is added. */
    MutableDirectBuffer scratch() {
        return frame.scratch();
    }

    boolean add(RecordType type, int flags, long requestId, int composedEnd) {
        return add(type, flags, requestId, composedEnd, NOTHING, 0);
    }

    /**
     * Adds the record that was composed to what {@link #flush} will append.
     *
     * @param composedEnd where the composed bytes end, counted from the record's beginning
     * @param bulk goes behind them, from its offset 0; copied
     */
    boolean add(
            RecordType type,
            int flags,
            long requestId,
            int composedEnd,
            DirectBuffer bulk,
            int bulkBytes) {
        assert ownedByThisThread() : "an appender belongs to one thread";
        int length = JournalRecord.lengthOf(composedEnd - JournalRecord.HEADER_BYTES + bulkBytes);
        if (length > maxRecordBytes) {
            return outage.tooLong(length, maxRecordBytes);
        }
        frame.add(type, flags, requestId, composedEnd, bulk, bulkBytes);
        return true;
    }

    /** Whether enough was added to be appended before a batch ends. */
    boolean full() {
        return frame.recordBytes() >= FLUSH_BYTES;
    }

    /** Appends what was added; all of it or nothing. */
    boolean flush() {
        onRecord = false;
        int records = frame.records();
        if (records == 0) {
            return true;
        }
        boolean seen = wrote.isEnabled();
        if (seen) {
            wrote.begin();
        }
        try {
            if (outage.gap()) {
                recordGap();
            }
            writer.commit(frame, place);
            onRecord = true;
            outage.worked();
            return true;
        } catch (JournalException e) {
            return outage.failed(e, records);
        } finally {
            if (seen) {
                wrote.ended(records, frame.length(), !onRecord);
            }
            frame.clear();
        }
    }

    /** One record by itself. */
    boolean append(
            RecordType type,
            int flags,
            long requestId,
            int composedEnd,
            DirectBuffer bulk,
            int bulkBytes) {
        return add(type, flags, requestId, composedEnd, bulk, bulkBytes) && flush();
    }

    /**
     * Puts on record what is missing before the records that were added, or at the end of a run.
     *
     * @throws JournalException where that cannot be written either
     */
    void recordGap() {
        long missing = outage.takeMissing();
        if (missing == 0) {
            return;
        }
        FrameBuilder gap = new FrameBuilder();
        int end = GapRecord.encode(missing, outage.serves(), gap.scratch());
        gap.add(RecordType.GAP, 0, 0, end, NOTHING, 0);
        try {
            writer.commit(gap, place);
        } catch (JournalException e) {
            outage.giveBack(missing);
            throw e;
        }
    }

    /** Returns when all that this thread has appended is as durable as configuration promises. */
    boolean sync() {
        JournalSync sync = writer.sync();
        if (sync == null) {
            return true;
        }
        boolean seen = synced.isEnabled();
        if (seen) {
            synced.begin();
        }
        boolean there = false;
        try {
            sync.sync(place.nextRecordIndex);
            there = true;
            return true;
        } catch (JournalException e) {
            return outage.syncFailed(e);
        } finally {
            if (seen) {
                synced.ended(!there);
            }
        }
    }

    /** Whether the records that were to be appended last are there. */
    boolean onRecord() {
        return onRecord;
    }

    /** Byte offset of the document of the frame appended last, in {@link #lastFile}. */
    long lastPosition() {
        return place.position;
    }

    /** The file that holds the frame appended last. */
    Path lastFile() {
        MappedFile file = place.file;
        if (file == null) {
            throw new IllegalStateException("nothing was appended");
        }
        if (!file.equals(lastFile)) {
            lastFile = file;
            lastPath = file.file().toPath().toAbsolutePath();
        }
        return lastPath;
    }

    private boolean ownedByThisThread() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        return owner == Thread.currentThread();
    }
}

package dev.millrace.journal;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import java.io.File;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One thread's way into the queue. A record is composed in {@link #scratch()} with its type's
 * offsets and appended with whatever bulk follows it.
 *
 * <p>When {@link #append} has returned, the record is in the page cache: it survives the death of
 * this process, and that of the machine when {@link #sync} has returned too, where the journal is
 * to survive it. When it has thrown, the record is not in the journal.
 */
final class JournalAppender implements AutoCloseable {
    /** Composed parts are smaller: four texts of 4 KiB and a head, or the environment's text. */
    private static final int SCRATCH_BYTES = 64 << 10;

    private static final DirectBuffer NOTHING = new UnsafeBuffer(new byte[0]);

    private final ExcerptAppender appender;
    private final RecordOrder order;
    private final Counters counters;
    private final JournalOutage outage;
    private final int maxRecordBytes;
    // On the heap: a MessageDigest would copy anything else.
    private final byte[] scratchBytes = new byte[SCRATCH_BYTES];
    private final UnsafeBuffer scratch = new UnsafeBuffer(scratchBytes);
    private final byte[] chunkBytes = new byte[SCRATCH_BYTES];
    private final UnsafeBuffer chunk = new UnsafeBuffer(chunkBytes);
    private final UnsafeBuffer mapped = new UnsafeBuffer(0, 0);
    private final CRC32C crc = new CRC32C();
    private final @Nullable JournalSync sync;
    private long appended;
    private @Nullable Thread owner;
    private @Nullable Bytes<?> lastBytes;
    private boolean onRecord;
    private long lastPosition;
    private @Nullable File lastFile;
    private Path lastPath = Path.of("");

    /**
     * @param sync null where records are to survive the process alone
     */
    JournalAppender(
            ExcerptAppender appender,
            RecordOrder order,
            Counters counters,
            JournalOutage outage,
            int maxRecordBytes,
            @Nullable JournalSync sync) {
        this.sync = sync;
        this.appender = appender;
        this.order = order;
        this.counters = counters;
        this.outage = outage;
        this.maxRecordBytes = maxRecordBytes;
        // The thread that makes it is not the one that uses it; ours is checked below.
        appender.singleThreadedCheckDisabled(true);
    }

    /** Where a record is composed, at the offsets of its layout. */
    MutableDirectBuffer scratch() {
        return scratch;
    }

    /** Where the run ends: what is missing and was not followed by a record. */
    void recordGap() {
        recordGap(0);
    }

    void append(RecordType type, int flags, long requestId, int composedEnd) {
        append(type, flags, requestId, composedEnd, NOTHING, 0);
    }

    /**
     * Appends one record.
     *
     * @param composedEnd where the composed bytes end, counted from the record's magic
     * @param bulk goes behind them, from its offset 0
     * @throws JournalException where the record could not be written, unless requests are to be
     *     served all the same
     */
    void append(
            RecordType type,
            int flags,
            long requestId,
            int composedEnd,
            DirectBuffer bulk,
            int bulkBytes) {
        assert ownedByThisThread() : "an appender belongs to one thread";
        onRecord = false;
        int partBytes = composedEnd - JournalRecord.HEADER_BYTES + bulkBytes;
        int length = JournalRecord.lengthOf(partBytes);
        if (length > maxRecordBytes) {
            outage.tooLong(
                    new JournalException(
                            "a record of %d bytes; the journal takes %d"
                                    .formatted(length, maxRecordBytes)));
            return;
        }
        try {
            if (outage.gap()) {
                recordGap(composedEnd);
            }
            head(type, flags, requestId, length, partBytes);
            commit(composedEnd, bulk, bulkBytes, length);
        } catch (JournalException e) {
            outage.failed(e);
            return;
        }
        onRecord = true;
        outage.worked();
    }

    /** Puts on record what is missing before the record that is composed. */
    private void recordGap(int composedEnd) {
        long missing = outage.takeMissing();
        if (missing == 0) {
            return;
        }
        chunk.putBytes(0, scratch, 0, composedEnd);
        int end = GapRecord.encode(missing, outage.serves(), scratch);
        int length = JournalRecord.lengthOf(end - JournalRecord.HEADER_BYTES);
        head(RecordType.GAP, 0, 0, length, end - JournalRecord.HEADER_BYTES);
        try {
            commit(end, NOTHING, 0, length);
        } catch (JournalException e) {
            outage.giveBack(missing);
            throw e;
        }
        scratch.putBytes(0, chunk, 0, composedEnd);
    }

    private void head(RecordType type, int flags, long requestId, int length, int partBytes) {
        scratch.putInt(JournalRecord.MAGIC_OFFSET, JournalRecord.MAGIC);
        scratch.putByte(JournalRecord.VERSION_OFFSET, (byte) JournalRecord.VERSION);
        scratch.putByte(JournalRecord.TYPE_OFFSET, (byte) type.code());
        scratch.putShort(JournalRecord.FLAGS_OFFSET, (short) flags);
        scratch.putInt(JournalRecord.LENGTH_OFFSET, length);
        scratch.putInt(JournalRecord.PART_LENGTH_OFFSET, partBytes);
        scratch.putLong(JournalRecord.REQUEST_ID_OFFSET, requestId);
    }

    private void commit(int composedEnd, DirectBuffer bulk, int bulkBytes, int length) {
        // Chronicle gives up where it finds an interrupt, and closes the channel under the queue.
        boolean interrupted = Thread.interrupted();
        try {
            document(composedEnd, bulk, bulkBytes, length);
        } catch (RuntimeException | InternalError e) {
            // InternalError is how a mapped page that could not be had (disk full) shows.
            throw new JournalException("record not appended: " + e, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (sync != null) {
            sync.committed(appended);
        }
        counters.increment(Counter.JOURNAL_RECORDS);
        counters.add(Counter.JOURNAL_BYTES, length);
    }

    /**
     * Returns when all that this thread has appended is as durable as the configuration promises.
     *
     * @throws JournalException where it is not, unless requests are to be served all the same
     */
    void sync() {
        if (sync == null) {
            return;
        }
        try {
            sync.sync(appended);
        } catch (JournalException e) {
            outage.syncFailed(e);
        }
    }

    private void document(int composedEnd, DirectBuffer bulk, int bulkBytes, int length) {
        try (DocumentContext document = appender.writingDocument()) {
            try {
                write(document, composedEnd, bulk, bulkBytes, length);
            } catch (RuntimeException | Error e) {
                document.rollbackOnClose();
                throw e;
            }
        }
    }

    private void write(
            DocumentContext document,
            int composedEnd,
            DirectBuffer bulk,
            int bulkBytes,
            int length) {
        var wire = document.wire();
        if (wire == null) {
            throw new JournalException("the queue gave no document to write");
        }
        Bytes<?> bytes = wire.bytes();
        long start = bytes.writePosition();
        scratch.putLong(JournalRecord.RECORD_INDEX_OFFSET, order.nextRecordIndex());
        scratch.putLong(JournalRecord.WALL_NANOS_OFFSET, order.wallNanos());
        scratch.putLong(JournalRecord.CLOCK_NANOS_OFFSET, order.clockNanos());
        // A block is mapped with a quarter of its size behind it, and no record is longer.
        mapped.wrap(bytes.addressForWrite(start), length);
        crc.reset();
        RecordChain chain = order.chain();
        chain.begin();
        int end = length - JournalRecord.TRAILER_BYTES;
        if (length <= SCRATCH_BYTES) {
            scratch.putBytes(composedEnd, bulk, 0, bulkBytes);
            int dataEnd = composedEnd + bulkBytes;
            scratch.setMemory(dataEnd, end - dataEnd, (byte) 0);
            sum(chain, scratchBytes, end);
            mapped.putBytes(0, scratch, 0, end);
        } else {
            sum(chain, scratchBytes, composedEnd);
            mapped.putBytes(0, scratch, 0, composedEnd);
            writeBulk(chain, composedEnd, bulk, bulkBytes, end);
        }
        byte[] link = chain.end();
        crc.update(link);
        mapped.putBytes(end, link);
        mapped.putInt(end + link.length, (int) crc.getValue());
        bytes.writePosition(start + length);
        if (sync != null) {
            sync.writingTo(((MappedBytes) bytes).mappedFile().file());
        }
        appended = order.nextRecordIndex() + 1;
        lastBytes = bytes;
        lastPosition = start - QueueFile.WORD_BYTES;
        order.taken();
    }

    /** In pieces that stay in the cache between sums and copy. */
    private void writeBulk(
            RecordChain chain, int offset, DirectBuffer bulk, int bulkBytes, int end) {
        int from = 0;
        int to = offset;
        while (to < end) {
            int piece = Math.min(SCRATCH_BYTES, end - to);
            int data = Math.min(piece, bulkBytes - from);
            chunk.putBytes(0, bulk, from, data);
            chunk.setMemory(data, piece - data, (byte) 0);
            sum(chain, chunkBytes, piece);
            mapped.putBytes(to, chunk, 0, piece);
            from += data;
            to += piece;
        }
    }

    private void sum(RecordChain chain, byte[] source, int length) {
        chain.add(source, 0, length);
        crc.update(source, 0, length);
    }

    /** Whether the record that was to be appended last is there. */
    boolean onRecord() {
        return onRecord;
    }

    /** Byte offset of the document of the record appended last, in {@link #lastFile}. */
    long lastPosition() {
        return lastPosition;
    }

    /** The file that holds the record appended last. */
    Path lastFile() {
        if (!(lastBytes instanceof MappedBytes mapped)) {
            throw new IllegalStateException("the queue maps its files, but gave " + lastBytes);
        }
        File file = mapped.mappedFile().file();
        if (!file.equals(lastFile)) {
            lastFile = file;
            lastPath = file.toPath().toAbsolutePath();
        }
        return lastPath;
    }

    private boolean ownedByThisThread() {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        return owner == Thread.currentThread();
    }

    /** Only when its thread appends no more. */
    @Override
    public void close() {
        appender.close();
    }
}

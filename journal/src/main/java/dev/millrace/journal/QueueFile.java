package dev.millrace.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The documents of one file of the queue, read with bounded reads at given positions: nothing is
 * mapped, written, locked or instantiated that the file asks for, so it may come from anybody, be
 * cut anywhere, or be written to at this moment. One thread.
 *
 * <p>Chronicle's file (its "Queue V5 format", BinaryWire): documents one after another, each at a
 * multiple of 4 behind a word of 32 bits, little-endian:
 *
 * <pre>
 *  0x00000000            nothing was committed here: the end, so far
 *  0xC0000000            the file was ended: the queue goes on in the next one
 *  bit 31                set while a document is incomplete
 *  bit 30                set on the queue's own documents (header and indexes)
 *  bits 0 to 29          bytes that follow
 * </pre>
 *
 * The word is stored last, so a committed document is whole.
 */
final class QueueFile implements AutoCloseable {
    /** What was found at the position reached. */
    enum Found {
        /** {@link #record()} is sound, and what its frame holds before it. */
        RECORD,
        /** Nothing more yet. */
        END,
        /** Nothing more ever. */
        ENDED,
        /** {@link #problem()} says what; nothing behind it is read. */
        DAMAGE
    }

    private static final int END_OF_FILE = 0xC0000000;
    private static final int INCOMPLETE = 0x80000000;
    private static final int OWN_DOCUMENT = 0x40000000;
    private static final int LENGTH_MASK = 0x3FFFFFFF;

    /** Before each document. */
    static final int WORD_BYTES = 4;

    /** Of the queue's header: where the last committed document lies. */
    private static final byte[] LAST_WRITTEN = "writePosition".getBytes(StandardCharsets.US_ASCII);

    private static final int READ_BYTES = 256 << 10;

    private Path path;
    private final @Nullable Object key;
    private final FileChannel channel;
    private final long maxRecordBytes;
    private byte[] bytes = new byte[READ_BYTES];
    private ByteBuffer readAhead = wrap(bytes);
    private long readAheadPosition;
    private int readAheadBytes;
    private final ByteBuffer word = wrap(new byte[WORD_BYTES]);
    private final JournalFrame frame = new JournalFrame();
    private long fileBytes;
    private long position;
    private long framePosition;
    private long recordPosition;
    private String problem = "";

    /**
     * @param maxRecordBytes what a record may take of this JVM's heap
     */
    QueueFile(Path path, long maxRecordBytes) throws IOException {
        this.path = path;
        this.key = key(path);
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        this.maxRecordBytes = maxRecordBytes;
    }

    private static ByteBuffer wrap(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    Path path() {
        return path;
    }

    /** What tells files apart whatever they are called; null where the file system has no such. */
    private static @Nullable Object key(Path file) throws IOException {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException gone) {
            return null;
        }
    }

    /**
     * Whether the file has another name since it was opened, or looked at last: a run that begins
     * behind a torn end sets it aside. {@link #path} is the name it has.
     */
    boolean renamed() throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (key == null || folder == null || key.equals(key(path))) {
            return false;
        }
        for (Path candidate : JournalFolder.files(folder)) {
            if (key.equals(key(candidate))) {
                path = path.resolveSibling(candidate.getFileName());
                return true;
            }
        }
        return false;
    }

    /** Valid until the next call of {@link #next()}. */
    JournalRecord record() {
        return frame.record();
    }

    /** The one that holds the record. */
    JournalFrame frame() {
        return frame;
    }

    /** Byte offset of the record looked at last, or of a document that holds none. */
    long recordPosition() {
        return recordPosition;
    }

    /** Byte offset of the document looked at last. */
    long framePosition() {
        return framePosition;
    }

    String problem() {
        return problem;
    }

    /** Whether there are bytes, and not even the queue's own header among them. */
    boolean headless() throws IOException {
        return framePosition == 0 && channel.size() > 0;
    }

    /** Goes on from a document that was found before. */
    void seek(long documentPosition) {
        frame.clear();
        position = documentPosition;
    }

    /** Looks at the next record. May be called again after END. */
    Found next() throws IOException {
        while (true) {
            if (frame.next()) {
                recordPosition = framePosition + WORD_BYTES + frame.recordOffset();
                return Found.RECORD;
            }
            String wrong = frame.problem();
            if (wrong != null) {
                recordPosition = framePosition + WORD_BYTES + frame.recordOffset();
                return damage(wrong);
            }
            Found found = nextFrame();
            if (found != Found.RECORD) {
                return found;
            }
        }
    }

    /** Looks at the next document that is not the queue's own. */
    private Found nextFrame() throws IOException {
        while (true) {
            framePosition = position;
            recordPosition = position;
            int header = word(position);
            if (header == 0) {
                return end();
            }
            if (header == END_OF_FILE) {
                return Found.ENDED;
            }
            int length = header & LENGTH_MASK;
            if ((header & INCOMPLETE) != 0) {
                return length == 0 ? Found.END : damage("document marked incomplete");
            }
            if ((header & OWN_DOCUMENT) == 0) {
                return frame(length);
            }
            if (length > remaining(length)) {
                return damage("file ends within a document of " + length + " bytes");
            }
            if (length >= WORD_BYTES && word(position + WORD_BYTES) == JournalFrame.MAGIC) {
                return damage("record marked as the queue's own document");
            }
            position = after(length);
        }
    }

    private long remaining(int length) throws IOException {
        if (fileBytes - position - WORD_BYTES < length) {
            fileBytes = channel.size();
        }
        return fileBytes - position - WORD_BYTES;
    }

    private long after(int length) {
        return (position + WORD_BYTES + length + 3) & ~3L;
    }

    /** RECORD where the frame holds something, be it only a problem. */
    private Found frame(int length) throws IOException {
        int present = (int) Math.min(length, remaining(length));
        if (length < JournalFrame.HEADER_BYTES) {
            return damage("a document of " + length + " bytes is no record");
        }
        if (present < JournalFrame.HEADER_BYTES) {
            return damage("file ends within a document of " + length + " bytes");
        }
        int at = load(position + WORD_BYTES, JournalFrame.HEADER_BYTES);
        String wrong = frame.headerProblem(bytes, at, length);
        if (wrong == null && length > maxRecordBytes) {
            wrong = "a record of " + length + " bytes needs more heap (-Xmx) than there is";
        }
        if (wrong != null) {
            return damage(wrong);
        }
        at = load(position + WORD_BYTES, present);
        frame.wrap(bytes, at, length, present);
        position = after(length);
        return Found.RECORD;
    }

    private Found damage(String what) {
        problem = what;
        return Found.DAMAGE;
    }

    /** A hole in the middle looks like the end; the queue's header knows how far it wrote. */
    private Found end() throws IOException {
        if (position == 0 && JournalFolder.setAside(path) && channel.size() > 0) {
            return damage("the queue's own header is gone");
        }
        long lastWritten = lastWritten();
        if (lastWritten >= position && word(position) == 0) {
            return damage("nothing here, but the queue wrote on to byte " + lastWritten);
        }
        return Found.END;
    }

    /**
     * Where the last document that was committed lies, or one shortly before it: from the field
     * {@code writePosition} of the queue's header; 0 where it is not as expected.
     */
    long lastWritten() throws IOException {
        byte[] header = new byte[96];
        ByteBuffer into = wrap(header);
        while (into.hasRemaining() && channel.read(into, into.position()) > 0) {
            // Reads until the header is whole or the file ends.
        }
        for (int at = 0; at + LAST_WRITTEN.length + 40 < header.length; at++) {
            if (Arrays.equals(
                    header, at, at + LAST_WRITTEN.length, LAST_WRITTEN, 0, LAST_WRITTEN.length)) {
                return lastWritten(into, at + LAST_WRITTEN.length);
            }
        }
        return 0;
    }

    /** An array of longs, begun at a multiple of 8: capacity, used, then the values. */
    private static long lastWritten(ByteBuffer header, int from) {
        for (int at = (from + 7) & ~7; at + 24 <= header.capacity(); at += 8) {
            if (header.getLong(at) == 2 && header.getLong(at + 8) == 2) {
                return header.getLong(at + 16);
            }
        }
        return 0;
    }

    /** The word at that position as it is now; 0 behind the end of the file. */
    private int word(long at) throws IOException {
        int inside = inReadAhead(at, WORD_BYTES);
        if (inside >= 0 && readAhead.getInt(inside) != 0) {
            return readAhead.getInt(inside);
        }
        // What was read ahead may be older than what the writer has committed since.
        readAheadBytes = 0;
        word.clear();
        while (word.hasRemaining()) {
            if (channel.read(word, at + word.position()) < 0) {
                return 0;
            }
        }
        return word.getInt(0);
    }

    private int inReadAhead(long at, int length) {
        long from = at - readAheadPosition;
        return from >= 0 && from + length <= readAheadBytes ? (int) from : -1;
    }

    /** Brings bytes that the file has into {@link #bytes}. */
    private int load(long at, int length) throws IOException {
        int inside = inReadAhead(at, length);
        if (inside >= 0) {
            return inside;
        }
        if (length > bytes.length) {
            bytes = new byte[length];
            readAhead = wrap(bytes);
        }
        readAhead.clear();
        readAheadPosition = at;
        readAheadBytes = 0;
        while (readAhead.hasRemaining()) {
            int read = channel.read(readAhead, at + readAhead.position());
            if (read < 0) {
                break;
            }
        }
        readAheadBytes = readAhead.position();
        if (readAheadBytes < length) {
            throw new IOException(path + " became shorter while it was read");
        }
        return 0;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package dev.millrace.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forward through a journal, record by record, in the total order of each run. Reads only, beside a
 * running server or long after one was killed; stops at the first record that is bad or does not
 * stand behind the one before it, and says so. One thread.
 *
 * <p>The folder may come from anybody: every length is checked before it is used, what a record may
 * take is bounded, and nothing is instantiated that a file names. A document that a killed server
 * did not finish is the end of the journal, not damage.
 */
public final class JournalReader implements AutoCloseable {
    private static final long NOTHING_YET = -1;

    private final Path folder;
    private final long maxRecordBytes;
    private @Nullable QueueFile file;
    private @Nullable JournalDamage damage;
    private final List<JournalDamage> torn = new ArrayList<>();
    private long lastIndex = NOTHING_YET;
    private Beginning beginning = Beginning.NONE;
    private @Nullable PruneNote pruned;
    private @Nullable EnvironmentRecord prunedEnvironment;
    private byte[] head = new byte[RecordChain.BYTES];
    private final Sha256 sha256 = new Sha256();

    /** How a journal begins. */
    public enum Beginning {
        /** It has no record. */
        NONE,
        /** With the first record that was ever written to it. */
        WHOLE,
        /** Behind records that were pruned; {@link JournalReader#pruned} says what is known. */
        PRUNED,
        /** Behind records that are not here, and nothing says why. */
        MISSING
    }

    private JournalReader(Path folder, long maxRecordBytes) {
        this.folder = folder;
        this.maxRecordBytes = maxRecordBytes;
    }

    /**
     * @throws JournalException where there is no journal
     */
    public static JournalReader open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new JournalException(folder + " is not a folder");
        }
        JournalReader reader = new JournalReader(folder, maxRecordBytes());
        try {
            if (JournalFolder.files(folder).isEmpty()
                    && !Files.exists(folder.resolve("metadata.cq4t"))) {
                throw new JournalException(
                        folder + " holds no journal (no *" + JournalFolder.FILE_SUFFIX + " file)");
            }
        } catch (IOException e) {
            throw reader.unreadable(e);
        }
        return reader;
    }

    /** What a record may take of this JVM's heap. */
    static long maxRecordBytes() {
        return Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 4);
    }

    /**
     * Moves to the next record.
     *
     * @return false at the end, where a later call may find more, and where the journal is damaged:
     *     for good, unless a run has begun since behind what is damaged
     */
    public boolean next() {
        try {
            if (damage != null && file != null && file.renamed()) {
                damage = null;
            }
            while (damage == null) {
                QueueFile current = file == null ? follow(null) : file;
                if (current == null) {
                    return false;
                }
                switch (current.next()) {
                    case RECORD -> {
                        return accept(current);
                    }
                    case DAMAGE -> {
                        if (!torn(current)) {
                            return false;
                        }
                    }
                    case END, ENDED -> {
                        if (!finished(current)) {
                            return false;
                        }
                    }
                }
            }
            return false;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private boolean accept(QueueFile current) throws IOException {
        JournalRecord record = current.record();
        long index = record.recordIndex();
        boolean begins = record.type() == RecordType.ENVIRONMENT && index == 0;
        if (lastIndex != NOTHING_YET && index != lastIndex + 1 && !begins) {
            misplaced(current, "record " + index + " follows record " + lastIndex);
            return false;
        }
        JournalFrame frame = current.frame();
        // Of a frame that is not whole, what is sound before the damage is read.
        if (frame.begins() && frame.whole() && !follows(current, begins)) {
            return false;
        }
        lastIndex = index;
        return true;
    }

    private boolean follows(QueueFile current, boolean begins) throws IOException {
        JournalFrame frame = current.frame();
        if (!frame.follows(head, sha256)) {
            if (lastIndex != NOTHING_YET) {
                String before = begins ? "the run before" : "record " + lastIndex;
                misplaced(current, "its chain does not follow from " + before);
                return false;
            }
            PruneNote note = PruneNote.read(folder);
            boolean noted = note != null && note.precedes(frame, sha256);
            pruned = noted ? note : null;
            beginning = noted ? Beginning.PRUNED : Beginning.MISSING;
            PrunedEnvironment kept = begins || !noted ? null : PrunedEnvironment.read(folder);
            if (kept != null && kept.precedes(frame, sha256)) {
                prunedEnvironment = kept.facts();
            }
        } else if (lastIndex == NOTHING_YET) {
            beginning = Beginning.WHOLE;
        }
        head = frame.chain();
        return true;
    }

    /** Goes on to the next file, if there is one and this one has really no more. */
    private boolean finished(QueueFile current) throws IOException {
        current.renamed();
        if (nextFile(current.path()) == null) {
            return false;
        }
        // The writer leaves a file before it begins the next: what is missing here now, stays so.
        switch (current.next()) {
            case RECORD -> current.seek(current.framePosition());
            case DAMAGE -> {
                return torn(current);
            }
            case END, ENDED -> {
                if (follow(current.path()) == null) {
                    return false;
                }
                current.close();
            }
        }
        return true;
    }

    /**
     * What is no record is damage, or the torn end of a file that was set aside for it: the next
     * run stands behind the last whole frame before it, and its chain says whether that is true.
     *
     * @return whether there is a next file
     */
    private boolean torn(QueueFile current) throws IOException {
        if (!JournalFolder.setAside(current.path())) {
            damaged(current, current.problem());
            return false;
        }
        long position = current.recordPosition();
        JournalDamage end =
                new JournalDamage(current.path(), position, lastIndex + 1, current.problem());
        if (torn.isEmpty() || !torn.getLast().file().equals(end.file())) {
            torn.add(end);
        }
        if (follow(current.path()) == null) {
            return false;
        }
        current.close();
        return true;
    }

    private @Nullable QueueFile follow(@Nullable Path after) throws IOException {
        Path next = nextFile(after);
        if (next != null) {
            file = new QueueFile(next, maxRecordBytes);
        }
        return next == null ? null : file;
    }

    private @Nullable Path nextFile(@Nullable Path after) throws IOException {
        List<Path> files = JournalFolder.files(folder);
        for (Path candidate : files) {
            if (after == null || JournalFolder.compare(candidate, after) > 0) {
                return candidate;
            }
        }
        return null;
    }

    private void damaged(QueueFile where, String what) {
        damaged(where, where.recordPosition(), what);
    }

    /** A frame that does not stand where it should. */
    private void misplaced(QueueFile where, String what) {
        damaged(where, where.framePosition(), what);
    }

    private void damaged(QueueFile where, long position, String what) {
        long expected = lastIndex == NOTHING_YET ? -1 : lastIndex + 1;
        damage = new JournalDamage(where.path(), position, expected, what);
    }

    private JournalException unreadable(IOException e) {
        return new JournalException(folder + " cannot be read: " + e, e);
    }

    private QueueFile current() {
        QueueFile current = file;
        if (current == null) {
            throw new IllegalStateException("no record: next() has not returned true");
        }
        return current;
    }

    /** The record reached; valid until the next call of {@link #next()}. */
    public JournalRecord record() {
        return current().record();
    }

    /** The file that holds it. */
    public Path file() {
        return current().path();
    }

    /** Byte offset of the record in its file. */
    public long position() {
        return current().recordPosition();
    }

    /** Byte offset of the document that holds it. */
    long framePosition() {
        return current().framePosition();
    }

    /** How the journal begins; known once a record was read. */
    public Beginning beginning() {
        return beginning;
    }

    /** What was removed before the first record; null unless that is how the journal begins. */
    public @Nullable PruneNote pruned() {
        return pruned;
    }

    /**
     * What executes the run that the first records belong to, where its own record was pruned;
     * known once a record was read. Null where the journal begins with a run, or nothing is known.
     */
    public @Nullable EnvironmentRecord prunedEnvironment() {
        return prunedEnvironment;
    }

    /** The chain of the frame that holds the record reached; 32 zeros before the first. */
    public byte[] head() {
        return head.clone();
    }

    /** Ends of files that a power cut tore, as far as was read; what was written there is lost. */
    public List<JournalDamage> torn() {
        return List.copyOf(torn);
    }

    /** What stopped the reader, or null. */
    public @Nullable JournalDamage damage() {
        return damage;
    }

    @Override
    public void close() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }
}

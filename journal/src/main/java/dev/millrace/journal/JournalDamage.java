package dev.millrace.journal;

import java.nio.file.Path;

/**
 * Where a journal stops being readable, and why.
 *
 * @param file the queue file
 * @param position byte offset of the damaged document in it
 * @param recordIndex index the record there should have, in its run; -1 where nothing came before
 * @param what what is wrong, in a few words
 */
public record JournalDamage(Path file, long position, long recordIndex, String what) {
    /** One line for people. */
    @Override
    public String toString() {
        return "%s, byte %d, record %s: %s"
                .formatted(file.getFileName(), position, recordIndex < 0 ? "?" : recordIndex, what);
    }
}

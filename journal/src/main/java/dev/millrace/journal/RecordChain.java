package dev.millrace.journal;

import java.util.Arrays;

/**
 * What ties every record to all before it: the chain of a record is SHA-256 over the 32 bytes of
 * the chain of the record before it and then all bytes of the record that stand before its own
 * chain. The first record of a journal stands behind 32 zeros; the first of a later run stands
 * behind the last record of the run before.
 *
 * <p>So the chain of a journal's last record, its <i>head</i>, commits to every byte of every
 * record: who noted it notices what was changed, left out or cut off since. Used by whoever holds
 * the queue's write lock, and by readers, each of one thread.
 */
final class RecordChain {
    /** Of a chain. */
    static final int BYTES = Sha256.BYTES;

    private final Sha256 sha256 = new Sha256();
    private byte[] head = new byte[BYTES];
    private byte[] next = new byte[BYTES];

    /** Goes on behind a record with that chain. */
    void follow(byte[] chain) {
        System.arraycopy(chain, 0, head, 0, BYTES);
    }

    /** Begins the chain of a record that stands behind the head. */
    void begin() {
        sha256.reset();
        sha256.add(head, 0, BYTES);
    }

    /** More of the record. */
    void add(byte[] bytes, int offset, int length) {
        sha256.add(bytes, offset, length);
    }

    /** The chain of the record; valid until the next {@link #begin}. */
    byte[] end() {
        sha256.end(next);
        return next;
    }

    /** The record whose chain {@link #end} gave is the head from here on. */
    void taken() {
        byte[] before = head;
        head = next;
        next = before;
    }

    /** Whether {@code record} stands right behind the head. */
    boolean precedes(JournalRecord record) {
        begin();
        record.addTo(this);
        return Arrays.equals(end(), record.chain());
    }

    /** The chain of the last record, copied. */
    byte[] head() {
        return head.clone();
    }
}

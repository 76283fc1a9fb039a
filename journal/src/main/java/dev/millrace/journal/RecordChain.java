package dev.millrace.journal;

/**
 * What ties every frame of records to all before it: the chain of a frame is SHA-256 over the bytes
 * of its records, the 32 bytes of the chain of the frame before, and its own head. The first frame
 * of a journal stands behind 32 zeros; the first of a later run stands behind the last frame of the
 * run before.
 *
 * <p>So the chain of a journal's last frame, its <i>head</i>, commits to every byte of every
 * record: who noted it notices what was changed, left out or cut off since. What an appender holds
 * is hashed before it takes the queue's write lock; only the chain before and the frame's head,
 * which say where it stands, are added under it.
 *
 * <p>Used by whoever holds the queue's write lock, and by readers, each of one thread.
 */
final class RecordChain {
    /** Of a chain. */
    static final int BYTES = Sha256.BYTES;

    private byte[] head = new byte[BYTES];
    private byte[] next = new byte[BYTES];

    /** Goes on behind a frame with that chain. */
    void follow(byte[] chain) {
        System.arraycopy(chain, 0, head, 0, BYTES);
    }

    /**
     * The chain of a frame that stands behind the head; valid until the next call.
     *
     * @param records has seen the bytes of its records, and begins anew
     * @param frame begins with the frame's head
     */
    byte[] link(Sha256 records, byte[] frame) {
        records.add(head, 0, BYTES);
        records.add(frame, 0, JournalFrame.HEADER_BYTES);
        records.end(next);
        return next;
    }

    /** The frame whose chain {@link #link} gave is the head from here on. */
    void taken() {
        byte[] before = head;
        head = next;
        next = before;
    }

    /** The chain of the last frame, copied. */
    byte[] head() {
        return head.clone();
    }
}

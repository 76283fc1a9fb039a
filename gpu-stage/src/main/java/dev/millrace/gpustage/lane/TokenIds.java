package dev.millrace.gpustage.lane;

import org.agrona.DirectBuffer;

/** Token ids as they lie in a slot. */
final class TokenIds {
    private TokenIds() {}

    /** Copies {@code count} ids that begin at {@code offset}. */
    static int[] read(DirectBuffer buffer, int offset, int count) {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = buffer.getInt(offset + 4 * i);
        }
        return ids;
    }

    /**
     * The first index of an id that is negative or not below {@code vocabularySize}; -1 where all
     * are inside.
     */
    static int firstOutside(int[] ids, int vocabularySize) {
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= vocabularySize) {
                return i;
            }
        }
        return -1;
    }
}

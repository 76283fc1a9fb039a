package dev.millrace.stages.reply;

/**
 * Bytes of tokens to text, one run: the same text whatever the split. Runs on: the {@code reply}
 * thread.
 *
 * <ul>
 *   <li>Never half a code point. Bytes that are not UTF-8 become U+FFFD, one for each maximal
 *       subpart (Unicode 16, section 3.9, "U+FFFD Substitution of Maximal Subparts"); so does a
 *       code point that the end of the run leaves unfinished.
 *   <li>Nothing of a stop string: the text ends before the first that is completed (of several
 *       completed by the same byte, before the longest), and what may yet become one is held back.
 * </ul>
 */
final class StreamingDetokenizer {
    private StopStrings stops = StopStrings.NONE;

    /** Bytes of each stop string that the end of the text matches. */
    private int[] matched = new int[0];

    /** Text held back: the beginning of a stop string, perhaps. */
    private byte[] held = new byte[0];

    private int heldBytes;
    private boolean stopped;

    /** The code point begun, and what its next byte may be. */
    private final byte[] begun = new byte[4];

    private int begunBytes;
    private int missingBytes;
    private int lowestNext;
    private int highestNext;

    void begin(StopStrings stopStrings) {
        stops = stopStrings;
        stopped = false;
        heldBytes = 0;
        begunBytes = 0;
        missingBytes = 0;
        int count = stops.count();
        int longest = 0;
        if (matched.length < count) {
            matched = new int[count];
        }
        for (int i = 0; i < count; i++) {
            matched[i] = 0;
            longest = Math.max(longest, stops.length(i));
        }
        if (held.length < longest) {
            held = new byte[longest];
        }
    }

    /** Whether a stop string was completed: what follows is not text. */
    boolean stopped() {
        return stopped;
    }

    /** Appends the text that the first {@code count} of {@code bytes} settle. */
    void accept(byte[] bytes, int count, GrowingBytes out) {
        takeBack(out);
        for (int i = 0; i < count && !stopped; i++) {
            decode(bytes[i] & 0xFF, out);
        }
        holdBack(out);
    }

    /** The run is over: appends what is left. */
    void end(GrowingBytes out) {
        takeBack(out);
        if (missingBytes > 0 && !stopped) {
            replace(out);
        }
    }

    private void decode(int b, GrowingBytes out) {
        if (missingBytes > 0) {
            if (b >= lowestNext && b <= highestNext) {
                proceed(b, out);
                return;
            }
            replace(out);
            if (stopped) {
                return;
            }
        }
        if (b < 0x80) {
            emit((byte) b, out);
        } else if (b >= 0xC2 && b <= 0xF4) {
            lead(b);
        } else {
            replace(out);
        }
    }

    /** Table 3-7, "Well-Formed UTF-8 Byte Sequences". */
    private void lead(int b) {
        begun[0] = (byte) b;
        begunBytes = 1;
        missingBytes = b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
        lowestNext = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
        highestNext = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    }

    private void proceed(int b, GrowingBytes out) {
        begun[begunBytes++] = (byte) b;
        lowestNext = 0x80;
        highestNext = 0xBF;
        if (--missingBytes == 0) {
            for (int i = 0; i < begunBytes && !stopped; i++) {
                emit(begun[i], out);
            }
        }
    }

    private void replace(GrowingBytes out) {
        missingBytes = 0;
        emit((byte) 0xEF, out);
        emit((byte) 0xBF, out);
        emit((byte) 0xBD, out);
    }

    private void emit(byte b, GrowingBytes out) {
        if (stopped) {
            return;
        }
        out.add(b);
        int completed = 0;
        for (int i = 0; i < stops.count(); i++) {
            int length = stops.next(i, matched[i], b);
            matched[i] = length;
            if (length == stops.length(i)) {
                completed = Math.max(completed, length);
            }
        }
        if (completed > 0) {
            stopped = true;
            out.truncate(out.length() - completed);
        }
    }

    private void takeBack(GrowingBytes out) {
        out.add(held, 0, heldBytes);
        heldBytes = 0;
    }

    private void holdBack(GrowingBytes out) {
        if (stopped) {
            return;
        }
        int longest = 0;
        for (int i = 0; i < stops.count(); i++) {
            longest = Math.max(longest, matched[i]);
        }
        int settled = out.length() - longest;
        out.copyTo(held, settled, longest);
        heldBytes = longest;
        out.truncate(settled);
    }
}

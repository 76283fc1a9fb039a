package dev.millrace.stages.reply;

/**
 * Bytes of tokens to text, one run: the same text whatever the split, and never half a code point.
 * Runs on: the {@code reply} thread.
 *
 * <p>Bytes that are not UTF-8 become U+FFFD, one for each maximal subpart (Unicode 16, section 3.9,
 * "U+FFFD Substitution of Maximal Subparts"); so does a code point that the end of the run leaves
 * unfinished.
 *
 * <p>Stop strings are the lane's: it alone knows from which token on they count, holds back what
 * may become one, and says how many bytes to leave out ({@link
 * dev.millrace.ringbuffer.ReplySlot#hiddenBytes}).
 */
final class StreamingDetokenizer {
    /** The code point begun, and what its next byte may be. */
    private final byte[] begun = new byte[4];

    private int begunBytes;
    private int missingBytes;
    private int lowestNext;
    private int highestNext;

    void begin() {
        begunBytes = 0;
        missingBytes = 0;
    }

    /** Appends the text that the first {@code count} of {@code bytes} complete. */
    void accept(byte[] bytes, int count, GrowingBytes out) {
        accept(bytes, 0, count, out);
    }

    /** Appends the text that the bytes from {@code from} up to {@code to} complete. */
    void accept(byte[] bytes, int from, int to, GrowingBytes out) {
        for (int i = from; i < to; i++) {
            decode(bytes[i] & 0xFF, out);
        }
    }

    /** The run is over: appends what is left. */
    void end(GrowingBytes out) {
        if (missingBytes > 0) {
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
        }
        if (b < 0x80) {
            out.add((byte) b);
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
            out.add(begun, 0, begunBytes);
        }
    }

    private void replace(GrowingBytes out) {
        missingBytes = 0;
        Utf8.encode(Utf8.REPLACEMENT, out);
    }
}

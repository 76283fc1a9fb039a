package dev.millrace.stages.reply;

/** Code points as UTF-8 (RFC 3629). */
final class Utf8 {
    /** What stands for bytes that are not UTF-8. */
    static final int REPLACEMENT = 0xFFFD;

    private Utf8() {}

    static void encode(int codePoint, GrowingBytes into) {
        if (codePoint < 0x80) {
            into.add((byte) codePoint);
            return;
        }
        if (codePoint < 0x800) {
            into.add((byte) (0xC0 | (codePoint >> 6)));
        } else {
            if (codePoint < 0x1_0000) {
                into.add((byte) (0xE0 | (codePoint >> 12)));
            } else {
                into.add((byte) (0xF0 | (codePoint >> 18)));
                into.add((byte) (0x80 | ((codePoint >> 12) & 0x3F)));
            }
            into.add((byte) (0x80 | ((codePoint >> 6) & 0x3F)));
        }
        into.add((byte) (0x80 | (codePoint & 0x3F)));
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.PayloadBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Opens request bytes as JSON: copied to the heap, and checked to be UTF-8. One per decoder; the
 * array is kept and grows to the largest body seen, and the readers are used again.
 */
final class JsonBody {
    private static final int FIRST_BYTES = 8 << 10;

    private final JsonReader whole = new JsonReader();
    private final JsonReader part = new JsonReader();
    private byte[] bytes = new byte[FIRST_BYTES];

    /** A reader on the first {@code length} bytes of the body, not yet on its first token. */
    JsonReader open(PayloadBuffer body, int length) {
        if (length == 0) {
            throw BadRequest.invalid("the body is empty; expected a JSON object", null);
        }
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, Math.min(Integer.MAX_VALUE - 8, bytes.length * 2))];
        }
        UnsafeBuffer source = body.buffer();
        source.getBytes(0, bytes, 0, length);
        int bad = Utf8.firstInvalid(bytes, length);
        if (bad >= 0) {
            throw BadRequest.invalid(
                    "the body is not valid UTF-8 at byte "
                            + bad
                            + " (0x"
                            + Integer.toHexString(bytes[bad] & 0xFF)
                            + "); expected JSON in UTF-8",
                    null);
        }
        // In UTF-16 and UTF-32 every other character has one, and in JSON none.
        for (int i = 0; i < Math.min(4, length); i++) {
            if (bytes[i] == 0) {
                throw BadRequest.invalid(
                        "the body has a zero byte at " + i + "; expected JSON in UTF-8", null);
            }
        }
        return whole.open(bytes, 0, length, null);
    }

    /**
     * A reader on a part of what {@link #open} copied; one at a time.
     *
     * @param path what the part is called in messages
     */
    JsonReader reopen(int from, int to, String path) {
        return part.open(bytes, from, to, path);
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.PayloadBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Opens JSON parsers on request bytes: copied to the heap, since the parser reads arrays, and
 * checked to be UTF-8. One per decoder; the array is kept and grows to the largest body seen.
 */
final class JsonBody {
    private static final int FIRST_BYTES = 8 << 10;

    private final JsonFactory factory =
            JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DecodeLimits.MAX_JSON_DEPTH)
                                    .maxNumberLength(DecodeLimits.MAX_NUMBER_CHARS)
                                    .maxNameLength(DecodeLimits.MAX_NAME_CHARS)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

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
        // A parser would take zeros near the start for UTF-16 or UTF-32.
        for (int i = 0; i < Math.min(4, length); i++) {
            if (bytes[i] == 0) {
                throw BadRequest.invalid(
                        "the body has a zero byte at " + i + "; expected JSON in UTF-8", null);
            }
        }
        return new JsonReader(parser(0, length), bytes, 0, null);
    }

    /**
     * A reader on a part of what {@link #open} copied.
     *
     * @param path what the part is called in messages
     */
    JsonReader reopen(int from, int to, String path) {
        return new JsonReader(parser(from, to - from), bytes, from, path);
    }

    private JsonParser parser(int offset, int length) {
        return factory.createParser(ObjectReadContext.empty(), bytes, offset, length);
    }
}

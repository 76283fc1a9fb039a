package dev.millrace.stages.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names of fields by their bytes, so that one which came before costs no string. Holds as many as
 * there are places, each the last of those that meet there. Owned by one scanner.
 */
final class JsonNames {
    private static final int PLACES = 256;

    /** A longer one is hardly a field of ours. */
    private static final int LONGEST = 40;

    private final byte[][] bytes = new byte[PLACES][];
    private final @Nullable String[] names = new @Nullable String[PLACES];

    JsonNames() {
        Arrays.fill(bytes, new byte[0]);
    }

    /** The name that stands there, in UTF-8 without escapes. */
    String of(byte[] text, int from, int to) {
        if (to - from > LONGEST) {
            return new String(text, from, to - from, StandardCharsets.UTF_8);
        }
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + text[i];
        }
        int place = (hash ^ hash >>> 8) & (PLACES - 1);
        String known = names[place];
        if (known == null || !Arrays.equals(bytes[place], 0, bytes[place].length, text, from, to)) {
            known = new String(text, from, to - from, StandardCharsets.UTF_8);
            bytes[place] = Arrays.copyOfRange(text, from, to);
            names[place] = known;
        }
        return known;
    }
}

package dev.millrace.stages.reply;

import java.util.List;

/** A request's stop strings, prepared for matching byte by byte (Knuth, Morris, Pratt). */
final class StopStrings {
    static final StopStrings NONE = new StopStrings(List.of());

    private final byte[][] strings;

    /** Per string and length matched: how much still matches when the next byte does not. */
    private final int[][] fallbacks;

    /**
     * @param utf8 the strings; empty ones never match
     */
    StopStrings(List<byte[]> utf8) {
        strings = utf8.stream().filter(string -> string.length > 0).toArray(byte[][]::new);
        fallbacks = new int[strings.length][];
        for (int i = 0; i < strings.length; i++) {
            fallbacks[i] = fallback(strings[i]);
        }
    }

    int count() {
        return strings.length;
    }

    int length(int index) {
        return strings[index].length;
    }

    /** How much of string {@code index} matches the end of the text after one more byte. */
    int next(int index, int matched, byte b) {
        byte[] string = strings[index];
        int length = matched;
        while (length > 0 && string[length] != b) {
            length = fallbacks[index][length];
        }
        return string[length] == b ? length + 1 : 0;
    }

    private static int[] fallback(byte[] string) {
        int[] fallback = new int[string.length];
        int matched = 0;
        for (int i = 1; i < string.length; i++) {
            fallback[i] = matched;
            while (matched > 0 && string[matched] != string[i]) {
                matched = fallback[matched];
            }
            if (string[matched] == string[i]) {
                matched++;
            }
        }
        return fallback;
    }
}

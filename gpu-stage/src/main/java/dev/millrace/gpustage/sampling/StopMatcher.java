package dev.millrace.gpustage.sampling;

/**
 * Finds the first stop string in the bytes of a generation's tokens, across token borders.
 *
 * <p>Runs on the lane's thread, one instance a generation. One Knuth-Morris-Pratt automaton a stop
 * string; a byte costs constant time each. Of stop strings that end at the same byte, the longest
 * counts.
 */
public final class StopMatcher {
    private final byte[][] stops;
    private final int[][] failures;
    private final int[] matched;

    /** A matcher for {@code stops}, each at least one byte. */
    public StopMatcher(byte[][] stops) {
        this.stops = stops.clone();
        this.failures = new int[stops.length][];
        this.matched = new int[stops.length];
        for (int i = 0; i < stops.length; i++) {
            failures[i] = failures(stops[i]);
        }
    }

    /**
     * Takes the bytes of the next token.
     *
     * @return 0, or how many bytes at the end of all that was taken belong to the stop or lie after
     *     it
     */
    public int accept(byte[] bytes) {
        int hidden = 0;
        for (int i = 0; i < bytes.length; i++) {
            int length = step(bytes[i]);
            if (length > 0 && hidden == 0) {
                hidden = length + bytes.length - i - 1;
            }
        }
        return hidden;
    }

    /** How many bytes at the end of all that was taken may still turn out to begin a stop. */
    public int heldBytes() {
        int held = 0;
        for (int length : matched) {
            held = Math.max(held, length);
        }
        return held;
    }

    private int step(byte next) {
        int complete = 0;
        for (int i = 0; i < stops.length; i++) {
            byte[] stop = stops[i];
            int length = matched[i];
            while (length > 0 && stop[length] != next) {
                length = failures[i][length - 1];
            }
            if (stop[length] == next) {
                length++;
            }
            if (length == stop.length) {
                complete = Math.max(complete, length);
                length = failures[i][length - 1];
            }
            matched[i] = length;
        }
        return complete;
    }

    /** Entry i: the longest proper prefix of the stop that ends at byte i. */
    private static int[] failures(byte[] stop) {
        int[] failures = new int[stop.length];
        int length = 0;
        for (int i = 1; i < stop.length; i++) {
            while (length > 0 && stop[length] != stop[i]) {
                length = failures[length - 1];
            }
            if (stop[length] == stop[i]) {
                length++;
            }
            failures[i] = length;
        }
        return failures;
    }
}

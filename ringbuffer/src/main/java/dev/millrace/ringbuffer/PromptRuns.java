package dev.millrace.ringbuffer;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Layout of token ids in a slot's decoded payload: one run per prompt (or per text to embed), in
 * request order.
 *
 * <pre>
 *   0        4          8                      4 + 4·runs
 *   +--------+----------+-- … --+----------+---+-------------- … --+
 *   | runs   | length 0 |       | length n | id | id | …           |
 *   +--------+----------+-- … --+----------+---+-------------- … --+
 *   int32 little-endian throughout; ids of run 0 first
 * </pre>
 */
public final class PromptRuns {
    private static final int COUNT_OFFSET = 0;
    private static final int LENGTHS_OFFSET = 4;

    private PromptRuns() {}

    /** Bytes that {@code runs} runs of {@code tokens} ids together take. */
    public static int bytes(int runs, int tokens) {
        return LENGTHS_OFFSET + 4 * runs + 4 * tokens;
    }

    public static void putCount(MutableDirectBuffer buffer, int runs) {
        buffer.putInt(COUNT_OFFSET, runs);
    }

    public static void putLength(MutableDirectBuffer buffer, int run, int tokens) {
        buffer.putInt(LENGTHS_OFFSET + 4 * run, tokens);
    }

    public static int count(DirectBuffer buffer) {
        return buffer.getInt(COUNT_OFFSET);
    }

    public static int length(DirectBuffer buffer, int run) {
        return buffer.getInt(LENGTHS_OFFSET + 4 * run);
    }

    /** Byte offset of the first id of the first run. */
    public static int idsOffset(int runs) {
        return LENGTHS_OFFSET + 4 * runs;
    }
}

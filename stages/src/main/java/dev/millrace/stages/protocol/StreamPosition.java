package dev.millrace.stages.protocol;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How far a stream has come: what the id of its last event says, so that a client can ask for the
 * rest. Counted in tokens, since these are the same however an answer is cut into events.
 *
 * <p>As text: the answer's id, for each choice the number of its tokens, with an {@code e} where it
 * has ended, and a sum over the tokens, by which an answer that was computed again and came out
 * another is told: {@code 1ac0cae540000000-12.7e-9f3b2c1d}.
 */
public final class StreamPosition {
    /** Choices of a stream that can be read on; the ids of larger ones would outgrow their text. */
    public static final int MAX_CHOICES = 16;

    private static final Pattern TEXT =
            Pattern.compile("([0-9a-f]{16})-([0-9]{1,9}e?(?:\\.[0-9]{1,9}e?){0,15})-([0-9a-f]{8})");
    private static final int PRIME = 0x01000193;

    private final long answerId;
    private final int[] tokens;
    private final boolean[] ended;
    private final int[] sums;

    /** Of all choices; of a position that was read, the only one there is. */
    private int sum;

    private StreamPosition(long answerId, int choices) {
        this.answerId = answerId;
        tokens = new int[choices];
        ended = new boolean[choices];
        sums = new int[choices];
    }

    /** The beginning of a stream. */
    public static StreamPosition begin(long answerId, int choices) {
        var position = new StreamPosition(answerId, choices);
        for (int i = 0; i < choices; i++) {
            // Of the same tokens, two choices have different sums.
            position.sums[i] = i + 1;
            position.sum += i + 1;
        }
        return position;
    }

    /** What a client sent back, or null where no event has that id. */
    public static @Nullable StreamPosition read(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String[] counts = matcher.group(2).split("\\.", -1);
        var position =
                new StreamPosition(Long.parseUnsignedLong(matcher.group(1), 16), counts.length);
        for (int i = 0; i < counts.length; i++) {
            position.ended[i] = counts[i].endsWith("e");
            String count = position.ended[i] ? counts[i].replace("e", "") : counts[i];
            position.tokens[i] = Integer.parseInt(count);
        }
        position.sum = Integer.parseUnsignedInt(matcher.group(3), 16);
        return position;
    }

    /** The id that the answer carries. */
    public long answerId() {
        return answerId;
    }

    public int choices() {
        return tokens.length;
    }

    /** Tokens of that choice up to here. */
    public int tokens(int choice) {
        return tokens[choice];
    }

    /** Whether that choice's end has been told. */
    public boolean ended(int choice) {
        return ended[choice];
    }

    /** One more token of that choice. */
    public void add(int choice, int id) {
        tokens[choice]++;
        int before = sums[choice];
        sums[choice] = (before ^ id) * PRIME + 1;
        sum += sums[choice] - before;
    }

    /** That choice ends. */
    public void end(int choice) {
        ended[choice] = true;
    }

    /** The sum over the tokens of that choice alone, of a position that was counted here. */
    public int sum(int choice) {
        return sums[choice];
    }

    /** The sum over all tokens. */
    public int sum() {
        return sum;
    }
}

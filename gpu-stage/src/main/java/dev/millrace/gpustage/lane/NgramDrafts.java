package dev.millrace.gpustage.lane;

/**
 * Guesses how a text goes on from the text itself: what followed the last time that its latest
 * tokens occurred (prompt lookup, Saxena 2023; vLLM's {@code ngram} speculation).
 *
 * <p>Runs on the lane's thread. A guess never changes an answer: each position is sampled from its
 * own row with its own draw, and a guess is kept only where it is the token that came out.
 */
final class NgramDrafts {
    private static final int LONGEST_MATCH = 4;
    private static final int SHORTEST_MATCH = 2;

    /** How far back a match is looked for: what bounds the cost of a guess. */
    private static final int LOOK_BACK = 4096;

    private final int[] drafts;

    /** Guesses of at most {@code most} tokens; 0 guesses nothing. */
    NgramDrafts(int most) {
        drafts = new int[most];
    }

    /** Gives the run its guess for the next step, where there is one. */
    void propose(Run run) {
        if (drafts.length == 0) {
            return;
        }
        int count = 0;
        for (int match = LONGEST_MATCH; match >= SHORTEST_MATCH && count == 0; match--) {
            count = continuation(run, match);
        }
        if (count > 0) {
            run.draft(drafts, count);
        }
    }

    /** What followed the latest earlier occurrence of the last {@code match} tokens. */
    private int continuation(Run run, int match) {
        int end = run.tokenCount();
        int first = Math.max(0, end - LOOK_BACK);
        for (int at = end - match - 1; at >= first; at--) {
            if (matches(run, at, end - match, match)) {
                int from = at + match;
                int count = Math.min(drafts.length, end - from);
                for (int i = 0; i < count; i++) {
                    drafts[i] = run.token(from + i);
                }
                return count;
            }
        }
        return 0;
    }

    private static boolean matches(Run run, int at, int suffix, int match) {
        for (int i = match - 1; i >= 0; i--) {
            if (run.token(at + i) != run.token(suffix + i)) {
                return false;
            }
        }
        return true;
    }
}

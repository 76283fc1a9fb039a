package dev.millrace.tools.replay;

import java.util.Locale;

/**
 * The first token of a request that came out otherwise.
 *
 * @param step the lane's turn in which it was sampled
 * @param run which run of the request
 * @param token which new token of the run, from 0
 * @param recorded the id on record, and its log probability in the replay
 * @param replayed the id that the replay sampled, less than 0 where it found none, and its log
 *     probability
 */
record Divergence(long step, int run, int token, Choice recorded, Choice replayed) {
    /**
     * A token that was chosen.
     *
     * @param text what it adds to the text, quoted
     * @param logprob under the replay's own distribution
     */
    record Choice(int id, String text, double logprob) {
        @Override
        public String toString() {
            return id < 0 ? "none" : "%d (%s, %.3f)".formatted(id, text, logprob);
        }
    }

    @Override
    public String toString() {
        String which = run == 0 ? "" : " of run " + run;
        return String.format(
                Locale.ROOT,
                "at step %d, token %d%s: recorded %s got %s",
                step,
                token,
                which,
                recorded,
                replayed);
    }
}

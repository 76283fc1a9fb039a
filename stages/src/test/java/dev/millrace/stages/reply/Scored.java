package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenLogprobs;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A token as a lane tells of it.
 *
 * @param top alternatives, likeliest first
 */
record Scored(int id, float logprob, int rank, List<Alternative> top) {

    /** One alternative. */
    record Alternative(int id, float logprob) {}

    /** Ids and log probabilities of the alternatives in turn. */
    static Scored token(int id, double logprob, int rank, double... top) {
        List<Alternative> alternatives = new ArrayList<>();
        for (int i = 0; i < top.length; i += 2) {
            alternatives.add(new Alternative((int) top[i], (float) top[i + 1]));
        }
        return new Scored(id, (float) logprob, rank, alternatives);
    }

    /** The first token of a prompt. */
    static Scored first(int id) {
        return new Scored(id, Float.NaN, 0, List.of());
    }

    /** Writes a payload of tokens with {@code top} alternatives each. */
    static void write(UnsafeBuffer payload, int top, Scored... tokens) {
        for (int i = 0; i < tokens.length; i++) {
            Scored token = tokens[i];
            payload.putInt(i * Integer.BYTES, token.id);
            int entry = TokenLogprobs.entry(tokens.length, top, i);
            TokenLogprobs.put(payload, entry, token.logprob, token.rank);
            for (int place = 0; place < top; place++) {
                boolean there = place < token.top.size();
                TokenLogprobs.putTop(
                        payload,
                        entry,
                        place,
                        there ? token.top.get(place).id : TokenLogprobs.NONE,
                        there ? token.top.get(place).logprob : 0);
            }
        }
    }
}

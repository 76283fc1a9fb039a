package dev.millrace.gpustage.lane;

import java.lang.foreign.MemorySegment;

/**
 * Sees every token that a lane samples, and may put another in its place: how a replay compares,
 * and keeps to the recorded text. Called on the lane's thread.
 */
@FunctionalInterface
public interface TokenWitness {
    /** Takes what comes. */
    TokenWitness NONE = (_, _, _, token, _, _, _) -> token;

    /**
     * A token was sampled.
     *
     * @param run which run of the request, in the order of {@link
     *     dev.millrace.ringbuffer.SamplingParams#bestOf}
     * @param index which new token of the run, from 0
     * @param token its id, or less than 0 where none could be chosen
     * @param digest CRC-32C of the row it was sampled from
     * @param logits rows of float32, one a vocabulary, valid during the call
     * @param offsetBytes where the row begins
     * @return the token to go on with
     */
    int sampled(
            long requestId,
            int run,
            int index,
            int token,
            int digest,
            MemorySegment logits,
            long offsetBytes);
}

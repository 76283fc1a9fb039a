package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.FinishReason;

/**
 * How a run ended.
 *
 * @param reason STOP or LENGTH
 * @param hiddenTokens tokens at the end that lie wholly inside the stop
 * @param hiddenBytes bytes at the end that belong to the stop
 */
record RunEnd(FinishReason reason, int hiddenTokens, int hiddenBytes) {
    static final RunEnd LENGTH = new RunEnd(FinishReason.LENGTH, 0, 0);

    /** The text is whole, and all of it belongs to the answer. */
    static final RunEnd WHOLE = new RunEnd(FinishReason.STOP, 0, 0);

    static RunEnd stop(int hiddenTokens, int hiddenBytes) {
        return new RunEnd(FinishReason.STOP, hiddenTokens, hiddenBytes);
    }
}

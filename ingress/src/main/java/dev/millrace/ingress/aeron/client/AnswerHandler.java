package dev.millrace.ingress.aeron.client;

import org.agrona.DirectBuffer;

/**
 * Takes whole answers. Called by the thread that polls the client; buffers are valid until the call
 * returns. May send and cancel.
 */
public interface AnswerHandler extends RefusalHandler {
    /**
     * The answer. The last call for this request.
     *
     * @param inferenceHeaderLength bytes of JSON that the answer begins with, where binary tensors
     *     follow; else -1
     */
    void onAnswer(long id, DirectBuffer answer, int offset, int length, int inferenceHeaderLength);
}

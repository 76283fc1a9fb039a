package dev.millrace.ingress.aeron.client;

import org.agrona.DirectBuffer;

/**
 * Takes a text as it grows. Called by the thread that polls the client; buffers are valid until the
 * call returns. May send and cancel.
 */
public interface TokenHandler extends RefusalHandler {
    /**
     * More of the text, a token or several.
     *
     * @param event JSON of one event, as over HTTP; {@link EventText} reads its text. A request
     *     without {@code "stream": true} gets one, its whole answer.
     */
    void onToken(long id, DirectBuffer event, int offset, int length);

    /** The text is over. The last call for this request. */
    void onEnd(long id);
}

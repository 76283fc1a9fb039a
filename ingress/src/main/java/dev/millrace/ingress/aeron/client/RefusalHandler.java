package dev.millrace.ingress.aeron.client;

import org.agrona.DirectBuffer;

/**
 * Hears of requests that get no answer. Called by the thread that polls the client; buffers are
 * valid until the call returns.
 */
public interface RefusalHandler {
    /** The connection to the door was lost: nobody knows what became of the request. */
    int DISCONNECTED = 0;

    /** The client's own cancel, or it read too slowly. */
    int CANCELLED = 499;

    /**
     * The request failed. The last call for it.
     *
     * @param status a number of HTTP's from 400 on, or {@link #DISCONNECTED}
     * @param retryAfterMillis when to try again; 0 where that is not said
     * @param error JSON, as over HTTP; may be empty
     */
    void onRefused(
            long id, int status, int retryAfterMillis, DirectBuffer error, int offset, int length);
}

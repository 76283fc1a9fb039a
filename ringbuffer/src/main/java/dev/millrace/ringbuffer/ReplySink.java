package dev.millrace.ringbuffer;

import org.agrona.DirectBuffer;

/**
 * Where a reply leaves the process. Called by the reply thread only; implementations hand over to
 * their own threads and never block. Bytes are copied before a call returns. For a client that went
 * away every call does nothing.
 */
public interface ReplySink {
    /** The media type of an answer. */
    enum ContentType {
        JSON("application/json"),
        EVENT_STREAM("text/event-stream; charset=utf-8"),
        OCTET_STREAM("application/octet-stream");

        private final String value;

        ContentType(String value) {
            this.value = value;
        }

        public String value() {
            return value;
        }
    }

    /**
     * A whole answer: head, body, end. Extra headers come from the context (Retry-After, rate
     * limits, request id).
     *
     * @param inferenceHeaderLength KServe's Inference-Header-Content-Length for a binary answer; -1
     *     for none
     */
    void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length);

    /** Begins a stream: status 200 and head are sent with the first bytes. */
    void beginStream(RequestContext context, ContentType type);

    /** More of a stream. */
    void stream(RequestContext context, DirectBuffer bytes, int offset, int length);

    /** Ends a stream in good order. */
    void endStream(RequestContext context);

    /**
     * The answer cannot be completed: a bare 500 where nothing was sent, else the connection is
     * closed. Later calls for this exchange do nothing.
     */
    void abort(RequestContext context);

    /**
     * End of a run of replies: whatever was handed over must be on its way. One wake-up for many.
     */
    void flush();
}

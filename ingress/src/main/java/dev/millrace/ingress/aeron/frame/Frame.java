package dev.millrace.ingress.aeron.frame;

/**
 * What all messages have in common. Numbers are little-endian, whatever the machine; a message of
 * Aeron is one frame, fragmented by Aeron where it is longer than its MTU.
 *
 * <pre>
 *  offset  bytes  field
 *       0      1  version, 1
 *       1      1  type
 *       8      8  correlation id: the client's own, and no two of its requests that run have the
 *                 same. Answers carry it.
 * </pre>
 *
 * <p>Every version keeps these three where they are, so that a client of another version can be
 * told so.
 */
public final class Frame {
    public static final byte VERSION = 1;

    /** Client to door: execute this. {@link RequestFrame}. */
    public static final byte REQUEST = 1;

    /** Client to door: do not. Bytes 2 to 7 are 0, and nothing follows the correlation id. */
    public static final byte CANCEL = 2;

    /** Door to client: bytes of a whole answer. {@link ReplyFrame}. */
    public static final byte ANSWER = 16;

    /** Door to client: events of a stream, each one whole. {@link ReplyFrame}. */
    public static final byte EVENTS = 17;

    /**
     * Door to client: a stream has ended, in good order with status 200. With another status the
     * request ended without an answer, and the body may say why. {@link ReplyFrame}.
     */
    public static final byte END = 18;

    /** Door to client: the request did not get past the door. {@link ReplyFrame}. */
    public static final byte REFUSED = 19;

    public static final int VERSION_OFFSET = 0;
    public static final int TYPE_OFFSET = 1;
    public static final int CORRELATION_OFFSET = 8;

    /** A shorter message names no request that could be refused: it is counted and dropped. */
    public static final int MIN_BYTES = 16;

    private Frame() {}
}

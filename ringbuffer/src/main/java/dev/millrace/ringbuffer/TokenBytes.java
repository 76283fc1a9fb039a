package dev.millrace.ringbuffer;

/**
 * What each token id adds to the text, as bytes of UTF-8 that may begin or end inside a code point.
 *
 * <p>Immutable; shared by lanes (stop strings) and reply (streaming text), so that both see the
 * same text.
 */
public interface TokenBytes {
    /**
     * Bytes that {@code tokenId} adds; empty for special tokens and unknown ids. The array is
     * shared: do not write.
     */
    byte[] bytesOf(int tokenId);

    /**
     * What {@code tokenId} is called where it is shown by itself, as UTF-8: a special token's
     * spelling, else its bytes; empty for unknown ids. The array is shared: do not write.
     */
    default byte[] nameOf(int tokenId) {
        return bytesOf(tokenId);
    }
}

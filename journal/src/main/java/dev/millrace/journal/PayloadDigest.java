package dev.millrace.journal;

import org.agrona.DirectBuffer;

/** SHA-256 of off-heap bytes without garbage; one thread. */
final class PayloadDigest {
    private final Sha256 sha256 = new Sha256();
    private final byte[] chunk = new byte[8 << 10];
    private final byte[] result = new byte[Sha256.BYTES];

    /** Valid until the next call. */
    byte[] of(DirectBuffer from, int length) {
        for (int at = 0; at < length; at += chunk.length) {
            int bytes = Math.min(chunk.length, length - at);
            from.getBytes(at, chunk, 0, bytes);
            sha256.add(chunk, 0, bytes);
        }
        sha256.end(result);
        return result;
    }
}

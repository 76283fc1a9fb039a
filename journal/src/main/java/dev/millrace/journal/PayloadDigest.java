package dev.millrace.journal;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.agrona.DirectBuffer;

/** SHA-256 of off-heap bytes without garbage; one thread. */
final class PayloadDigest {
    private final MessageDigest sha256;
    private final byte[] chunk = new byte[8 << 10];
    private final byte[] result = new byte[TensorRecord.SHA256_BYTES];

    PayloadDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Valid until the next call. */
    byte[] of(DirectBuffer from, int length) {
        for (int at = 0; at < length; at += chunk.length) {
            int bytes = Math.min(chunk.length, length - at);
            from.getBytes(at, chunk, 0, bytes);
            sha256.update(chunk, 0, bytes);
        }
        try {
            sha256.digest(result, 0, result.length);
        } catch (DigestException e) {
            throw new IllegalStateException("the result has room for SHA-256", e);
        }
        return result;
    }
}

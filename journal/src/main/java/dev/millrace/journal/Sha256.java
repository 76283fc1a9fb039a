package dev.millrace.journal;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 without garbage and without checked exceptions; one thread at a time. */
final class Sha256 {
    /** Of a digest. */
    static final int BYTES = 32;

    private final MessageDigest digest;

    Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Of all of these. */
    static byte[] of(byte[] bytes) {
        Sha256 sha256 = new Sha256();
        sha256.add(bytes, 0, bytes.length);
        byte[] result = new byte[BYTES];
        sha256.end(result);
        return result;
    }

    /** Forgets what was added. */
    void reset() {
        digest.reset();
    }

    void add(byte[] bytes, int offset, int length) {
        digest.update(bytes, offset, length);
    }

    /** Puts the digest of what was added into the first {@link #BYTES} and begins again. */
    void end(byte[] into) {
        try {
            digest.digest(into, 0, BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("there is room for SHA-256", e);
        }
    }
}

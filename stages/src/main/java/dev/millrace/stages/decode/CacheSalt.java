package dev.millrace.stages.decode;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * vLLM's {@code cache_salt}: requests share cached prefixes only with those of the same salt. 64
 * bits of its SHA-256 stand for it, so that nobody finds a second salt with the same ones by luck.
 */
final class CacheSalt {
    private CacheSalt() {}

    /** Reads the string the reader stands on; never 0, which stands for no salt. */
    static long read(JsonReader json) {
        String accepted = "a string that is not empty";
        String salt = json.string(accepted);
        if (salt.isEmpty()) {
            throw json.unexpected(accepted);
        }
        long bits = ByteBuffer.wrap(sha256(salt)).getLong();
        return bits == 0 ? 1 : bits;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

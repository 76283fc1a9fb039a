package dev.millrace.gpustage.schedule;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Names a full block by all that its keys and values depend on: the salt and every token up to its
 * end, as a chain of SHA-256 digests.
 *
 * <p>Equal names are taken for equal content, so a collision would let one tenant attend to the
 * text of another. Collisions of a 64-bit or of any unkeyed fast hash can be made at will; of
 * SHA-256 none is known, and its price, about a microsecond for 16 tokens, is paid once per block
 * of a generation. As the name is that of the content, not of a place, a block stays reachable when
 * its parent is evicted and computed anew.
 */
final class PrefixHash {
    /** Longs of a digest. */
    static final int LONGS = 4;

    private final MessageDigest sha256;
    private final int blockTokens;
    private final byte[] result = new byte[LONGS * Long.BYTES];
    private final ByteBuffer resultLongs = ByteBuffer.wrap(result);
    private final byte[] input;
    private final ByteBuffer inputBuffer;

    PrefixHash(int blockTokens) {
        this.blockTokens = blockTokens;
        input = new byte[result.length + blockTokens * Integer.BYTES];
        inputBuffer = ByteBuffer.wrap(input);
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Writes the digest of block {@code index} behind that of the block before it.
     *
     * @param digests {@link #LONGS} per block; filled below {@code index}
     * @param tokens of the whole text; the block is full of known ones
     */
    void extend(long[] digests, int index, int[] tokens, long salt) {
        inputBuffer.clear();
        for (int i = 0; i < LONGS; i++) {
            inputBuffer.putLong(index == 0 ? root(salt, i) : digests[(index - 1) * LONGS + i]);
        }
        int from = index * blockTokens;
        for (int i = 0; i < blockTokens; i++) {
            inputBuffer.putInt(tokens[from + i]);
        }
        digest();
        for (int i = 0; i < LONGS; i++) {
            digests[index * LONGS + i] = resultLongs.getLong(i * Long.BYTES);
        }
    }

    private static long root(long salt, int part) {
        return part == 0 ? salt : 0;
    }

    private void digest() {
        sha256.update(input);
        try {
            sha256.digest(result, 0, result.length);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-256 has " + result.length + " bytes", e);
        }
    }
}

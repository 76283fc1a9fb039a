package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PrefixHashTest {
    @Test
    void shouldChainSha256OverSaltAndTokens() throws Exception {
        long[] digests = digests(77, 5, 6, 7, 8);
        byte[] salt = ByteBuffer.allocate(32).putLong(77).array();
        byte[] first = sha256(salt, 5, 6);
        byte[] second = sha256(first, 7, 8);
        ByteBuffer both = ByteBuffer.allocate(64).put(first).put(second).flip();
        for (int i = 0; i < 2 * PrefixHash.LONGS; i++) {
            assertThat(digests[i]).isEqualTo(both.getLong());
        }
    }

    @Test
    void shouldDifferBySaltByAnyTokenAndByPlace() {
        Set<Long> seen = new HashSet<>();
        seen.add(digests(0, 1, 1, 1, 1)[PrefixHash.LONGS]);
        seen.add(digests(0, 1, 1, 1, 1)[0]);
        seen.add(digests(1, 1, 1, 1, 1)[PrefixHash.LONGS]);
        seen.add(digests(0, 2, 1, 1, 1)[PrefixHash.LONGS]);
        seen.add(digests(0, 1, 2, 1, 1)[PrefixHash.LONGS]);
        seen.add(digests(0, 1, 1, 2, 1)[PrefixHash.LONGS]);
        seen.add(digests(0, 1, 1, 1, 2)[PrefixHash.LONGS]);
        assertThat(seen).hasSize(7);
    }

    private static long[] digests(long salt, int... tokens) {
        PrefixHash hash = new PrefixHash(2);
        long[] digests = new long[2 * PrefixHash.LONGS];
        hash.extend(digests, 0, tokens, salt);
        hash.extend(digests, 1, tokens, salt);
        return digests;
    }

    private static byte[] sha256(byte[] before, int... tokens)
            throws IOException, GeneralSecurityException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(before);
        for (int token : tokens) {
            out.writeInt(token);
        }
        return MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
    }
}

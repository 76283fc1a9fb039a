package dev.millrace.ingress.caller;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who calls: the first 64 bits of the SHA-256 of an API key, or of the peer's address where no key
 * came. A key stands for the same caller at every door. Runs on: one thread, which remembers the
 * callers it saw last.
 */
public final class CallerIds {
    private static final int REMEMBERED = 1024;

    private final MessageDigest sha256;
    private final Map<Object, Long> remembered =
            new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Object, Long> eldest) {
                    return size() > REMEMBERED;
                }
            };

    public CallerIds() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The caller who has that key; empty for one of whom nothing is known. */
    public long ofKey(String key) {
        return of(key);
    }

    /** The caller without a key at that address. */
    public long ofAddress(InetAddress address) {
        return of(address);
    }

    private long of(Object caller) {
        Long known = remembered.get(caller);
        if (known == null) {
            known = digest(caller);
            remembered.put(caller, known);
        }
        return known;
    }

    private long digest(Object caller) {
        byte[] bytes =
                caller instanceof InetAddress address
                        ? address.getAddress()
                        : caller.toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(sha256.digest(bytes)).getLong();
    }
}

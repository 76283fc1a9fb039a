package dev.millrace.ingress.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: the first 64 bits of the SHA-256 of the bearer token, or of the peer's address where
 * no token came. Runs on: one I/O thread, which remembers the callers it saw last.
 */
final class CallerIds {
    private static final String BEARER = "Bearer ";
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

    CallerIds() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    long of(HttpServerExchange exchange) {
        String authorization = exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION);
        if (authorization != null
                && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return of(authorization.substring(BEARER.length()).strip());
        }
        SocketAddress peer = exchange.getConnection().getPeerAddress();
        InetAddress address =
                peer instanceof InetSocketAddress internet ? internet.getAddress() : null;
        return address == null ? of("") : of(address);
    }

    private long of(Object caller) {
        Long known = remembered.get(caller);
        if (known == null) {
            known = digest(caller);
            remembered.put(caller, known);
        }
        return known;
    }

    private long digest(@Nullable Object caller) {
        byte[] bytes =
                caller instanceof InetAddress address
                        ? address.getAddress()
                        : String.valueOf(caller).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(sha256.digest(bytes)).getLong();
    }
}

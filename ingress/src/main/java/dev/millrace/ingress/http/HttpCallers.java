package dev.millrace.ingress.http;

import dev.millrace.ingress.caller.CallerIds;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Who calls, by bearer token or else by the peer's address. Runs on: one I/O thread. */
final class HttpCallers {
    private static final String BEARER = "Bearer ";

    private final CallerIds ids = new CallerIds();

    long of(HttpServerExchange exchange) {
        String authorization = exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION);
        if (authorization != null
                && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return ids.ofKey(authorization.substring(BEARER.length()).strip());
        }
        SocketAddress peer = exchange.getConnection().getPeerAddress();
        InetAddress address =
                peer instanceof InetSocketAddress internet ? internet.getAddress() : null;
        return address == null ? ids.ofKey("") : ids.ofAddress(address);
    }
}

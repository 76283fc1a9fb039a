package dev.millrace.ingress.http;

import io.undertow.server.HttpServerExchange;
import java.util.HexFormat;

/** Header values that are passed on or echoed, taken only where they are short and printable. */
final class ClientText {
    private static final int MAX_CHARS = 128;

    private ClientText() {}

    /** The client's {@code x-request-id}, or hexadecimal digits of our own. */
    static String requestId(HttpServerExchange exchange, long requestId) {
        String sent = exchange.getRequestHeaders().getFirst(RequestHead.REQUEST_ID);
        return sent != null && acceptable(sent) ? sent : HexFormat.of().toHexDigits(requestId);
    }

    /** W3C {@code traceparent}, or empty. */
    static String traceparent(HttpServerExchange exchange) {
        String sent = exchange.getRequestHeaders().getFirst(RequestHead.TRACEPARENT);
        return sent != null && acceptable(sent) ? sent : "";
    }

    /** Whether that is 1 to {@code maxChars} characters of ASCII, none of them blank. */
    static boolean visible(String text, int maxChars) {
        boolean visible = !text.isEmpty() && text.length() <= maxChars;
        for (int i = 0; visible && i < text.length(); i++) {
            visible = text.charAt(i) > ' ' && text.charAt(i) <= '~';
        }
        return visible;
    }

    private static boolean acceptable(String text) {
        if (text.isEmpty() || text.length() > MAX_CHARS) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }
}

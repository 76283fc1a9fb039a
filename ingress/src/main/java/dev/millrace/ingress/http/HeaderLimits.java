package dev.millrace.ingress.http;

import dev.millrace.config.HttpConfig;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import org.jspecify.annotations.Nullable;

/**
 * What a request's head may hold. Undertow's own limits answer with a bare 400, so they are set
 * {@value #SLACK} times as wide as these, which answer 431 and say why. Stateless.
 */
final class HeaderLimits {
    /** How much wider Undertow's limits are. */
    static final int SLACK = 4;

    /** Colon, space, CR and LF. */
    private static final int LINE_OVERHEAD_BYTES = 4;

    private final int maxHeaders;
    private final int maxHeaderBytes;

    HeaderLimits(HttpConfig config) {
        maxHeaders = config.maxHeaders();
        maxHeaderBytes = config.maxHeaderBytes();
    }

    /** Which limit is passed, in a sentence for the client, or null. */
    @Nullable String exceeded(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        long bytes = exchange.getRequestURI().length() + (long) exchange.getQueryString().length();
        int count = 0;
        // By cookie: an iterator would be garbage for every request.
        for (long at = headers.fastIterateNonEmpty(); at != -1; at = headers.fiNextNonEmpty(at)) {
            HeaderValues values = headers.fiCurrent(at);
            count += values.size();
            for (int i = 0; i < values.size(); i++) {
                bytes +=
                        values.getHeaderName().length()
                                + values.get(i).length()
                                + LINE_OVERHEAD_BYTES;
            }
        }
        if (count > maxHeaders) {
            return count + " headers; at most " + maxHeaders;
        }
        if (bytes > maxHeaderBytes) {
            return "request line and headers are " + bytes + " bytes; at most " + maxHeaderBytes;
        }
        return null;
    }
}

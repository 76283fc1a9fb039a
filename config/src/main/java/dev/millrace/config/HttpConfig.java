package dev.millrace.config;

/**
 * The HTTP door: what it listens on and what it bounds. Keys {@code http.*}.
 *
 * @param host address to bind; loopback unless said otherwise
 * @param port 0 takes a free one
 * @param ioThreads I/O threads; 0 means one per four CPUs, at least one
 * @param maxBodyBytes a longer body gets 413
 * @param maxHeaderBytes bound on the request line and all headers together
 * @param maxHeaders bound on the number of headers
 * @param bodyTimeoutMillis a body that takes longer to arrive gets 408
 * @param idleTimeoutMillis a connection without a request for this long is closed
 * @param streamBufferBytes what may wait unsent for one slow reader before it is dropped
 */
public record HttpConfig(
        String host,
        int port,
        int ioThreads,
        int maxBodyBytes,
        int maxHeaderBytes,
        int maxHeaders,
        int bodyTimeoutMillis,
        int idleTimeoutMillis,
        int streamBufferBytes) {
    public HttpConfig {
        if (host.isBlank()) {
            throw new ConfigException("http.host", host, "an address or a host name");
        }
        Check.inRange("http.port", port, 0, 65_535);
        Check.inRange("http.io-threads", ioThreads, 0, 64);
        Check.inRange("http.max-body-bytes", maxBodyBytes, 1024, 1 << 30);
        Check.inRange("http.max-header-bytes", maxHeaderBytes, 1024, 1 << 20);
        Check.inRange("http.max-headers", maxHeaders, 8, 1000);
        Check.inRange("http.body-timeout-millis", bodyTimeoutMillis, 100, 600_000);
        Check.inRange("http.idle-timeout-millis", idleTimeoutMillis, 100, 3_600_000);
        Check.inRange("http.stream-buffer-bytes", streamBufferBytes, 4096, 1 << 28);
    }

    /** The same on another port. */
    public HttpConfig withPort(int other) {
        return new HttpConfig(
                host,
                other,
                ioThreads,
                maxBodyBytes,
                maxHeaderBytes,
                maxHeaders,
                bodyTimeoutMillis,
                idleTimeoutMillis,
                streamBufferBytes);
    }

    /** Loopback, port 8080. */
    public static HttpConfig defaults() {
        return new HttpConfig(
                "127.0.0.1", 8080, 0, 16 << 20, 32 << 10, 100, 10_000, 60_000, 1 << 20);
    }
}

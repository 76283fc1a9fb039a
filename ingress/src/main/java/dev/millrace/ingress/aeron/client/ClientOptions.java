package dev.millrace.ingress.aeron.client;

import org.jspecify.annotations.Nullable;

/**
 * Where a door is, and who asks.
 *
 * @param directory of a media driver that runs on this machine. Of the server's for IPC, null for
 *     Aeron's default; over UDP of any, null for one that the client starts for itself
 * @param endpoint {@code host:port} of the door over UDP, its {@code aeron.endpoint}; null for IPC
 * @param control {@code host:port} where answers are asked for, its {@code aeron.control}; null for
 *     the port after the endpoint's
 * @param streamId the door's {@code aeron.stream-id}
 * @param termBytes a third of the buffer of requests; a request is at most an eighth of it
 * @param apiKey who asks; empty for nobody in particular
 * @param maxRequests that run at once; more are refused here with {@link MillraceClient#TOO_MANY}
 * @param timeoutMillis how long {@link MillraceClient#connect} waits for the door
 */
public record ClientOptions(
        @Nullable String directory,
        @Nullable String endpoint,
        @Nullable String control,
        int streamId,
        int termBytes,
        String apiKey,
        int maxRequests,
        int timeoutMillis) {
    private static final int STREAM = 1001;
    private static final int TERM_BYTES = 4 << 20;
    private static final int MAX_REQUESTS = 1024;
    private static final int TIMEOUT_MILLIS = 10_000;

    /** A door on this machine, whose driver's folder that is. */
    public static ClientOptions ipc(@Nullable String directory) {
        return new ClientOptions(
                directory, null, null, STREAM, TERM_BYTES, "", MAX_REQUESTS, TIMEOUT_MILLIS);
    }

    /** A door on any machine. The client starts a media driver of its own. */
    public static ClientOptions udp(String endpoint) {
        return new ClientOptions(
                null, endpoint, null, STREAM, TERM_BYTES, "", MAX_REQUESTS, TIMEOUT_MILLIS);
    }

    /** The same, asked by whoever has that key. */
    public ClientOptions withApiKey(String key) {
        return new ClientOptions(
                directory, endpoint, control, streamId, termBytes, key, maxRequests, timeoutMillis);
    }

    /** The same with that term length, a power of two. */
    public ClientOptions withTermBytes(int bytes) {
        return new ClientOptions(
                directory, endpoint, control, streamId, bytes, apiKey, maxRequests, timeoutMillis);
    }

    /** The same with requests on that stream, and answers on the one after it. */
    public ClientOptions withStreamId(int id) {
        return new ClientOptions(
                directory, endpoint, control, id, termBytes, apiKey, maxRequests, timeoutMillis);
    }

    /** The same, waiting that long for the door. */
    public ClientOptions withTimeoutMillis(int millis) {
        return new ClientOptions(
                directory, endpoint, control, streamId, termBytes, apiKey, maxRequests, millis);
    }
}

package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * The Aeron door. Keys {@code aeron.*}. Body and unread-answer bounds are the HTTP door's.
 *
 * @param enabled whether there is one
 * @param driver whose media driver moves the messages
 * @param directory the driver's folder, which clients on this machine name too; null for Aeron's
 *     own default. An embedded driver makes it and removes it again
 * @param endpoint {@code host:port} to take requests at over UDP; null for clients on this machine
 *     alone
 * @param control {@code host:port} where those clients ask for their answers; null for the port
 *     after the endpoint's
 * @param streamId stream of the requests; answers have the one after it
 * @param termBytes a third of the buffer of each direction of each client; a message is at most an
 *     eighth of it
 * @param maxSessions clients at once
 * @param idle how the door's thread waits
 */
public record AeronConfig(
        boolean enabled,
        Driver driver,
        @Nullable String directory,
        @Nullable String endpoint,
        @Nullable String control,
        int streamId,
        int termBytes,
        int maxSessions,
        Idle idle) {
    private static final String ADDRESS = "host:port, with a port from 1 to 65535";
    private static final int MAX_PORT = 65_535;

    /** Whose media driver. */
    public enum Driver {
        /** The server's own, on the door's thread. */
        EMBEDDED,
        /** A process that runs already. */
        EXTERNAL
    }

    /** How the door's thread waits for messages. */
    public enum Idle {
        /** Yields for half a millisecond, then sleeps until a client wakes it. */
        BACKOFF,
        /** Yields always: one CPU. */
        YIELDING,
        /** Spins always: one CPU, and nobody else gets it. */
        BUSY_SPIN
    }

    public AeronConfig {
        Check.inRange("aeron.stream-id", streamId, 1, Integer.MAX_VALUE - 1);
        Check.powerOfTwo("aeron.term-bytes", termBytes, 1 << 16, 1 << 27);
        Check.inRange("aeron.max-sessions", maxSessions, 1, 1024);
        if (directory != null && directory.isBlank()) {
            throw new ConfigException("aeron.directory", directory, "a folder, or null");
        }
        if (endpoint != null) {
            port("aeron.endpoint", endpoint);
        }
        if (control != null) {
            port("aeron.control", control);
            if (endpoint == null) {
                throw new ConfigException(
                        "aeron.control", control, "null where aeron.endpoint is null");
            }
        } else if (endpoint != null && port("aeron.endpoint", endpoint) == MAX_PORT) {
            throw new ConfigException(
                    "aeron.endpoint", endpoint, "a port below 65535, or aeron.control as well");
        }
    }

    /** Off; embedded, IPC alone, 4 MiB a term. */
    public static AeronConfig defaults() {
        return new AeronConfig(
                false, Driver.EMBEDDED, null, null, null, 1001, 4 << 20, 64, Idle.BACKOFF);
    }

    /** Where answers are asked for over UDP; null where there is no endpoint. */
    public @Nullable String answersFrom() {
        if (control != null || endpoint == null) {
            return control;
        }
        int colon = endpoint.lastIndexOf(':');
        return endpoint.substring(0, colon + 1) + (port("aeron.endpoint", endpoint) + 1);
    }

    /** Also keeps what would change the meaning of Aeron's channel, {@code | = ?}, out of it. */
    private static int port(String key, String address) {
        if (!address.matches("([A-Za-z0-9_.\\-]+|\\[[0-9A-Fa-f:.]+]):[0-9]{1,5}")) {
            throw new ConfigException(key, address, ADDRESS);
        }
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        if (port < 1 || port > MAX_PORT) {
            throw new ConfigException(key, address, ADDRESS);
        }
        return port;
    }
}

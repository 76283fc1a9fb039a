package dev.millrace.config;

/**
 * A value that cannot be accepted, said in one line: key, value, where it came from, what would be
 * accepted.
 *
 * <p>Thrown on the control path only, before anything listens.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A problem that is not about one key: an unreadable file, say. */
    public ConfigException(String message) {
        super(message);
    }

    /**
     * @param key dashed key, {@code ring.slots}
     * @param value what was given
     * @param accepted what would be accepted, as a phrase: {@code a power of two from 64 to
     *     1048576}
     */
    public ConfigException(String key, Object value, String accepted) {
        super(key + ": '" + value + "' is not accepted; expected " + accepted);
    }
}

package dev.millrace.config;

import org.jspecify.annotations.Nullable;

/**
 * A value that cannot be accepted, said in one line: key, value, where it came from, what would be
 * accepted.
 *
 * <p>Thrown on the control path only, before anything listens.
 */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String key;
    private final String value;
    private final String accepted;
    private final boolean sourced;

    /** A problem that is not about one key: an unreadable file, say. */
    public ConfigException(String message) {
        super(message);
        key = null;
        value = "";
        accepted = "";
        sourced = false;
    }

    /**
     * @param key dashed key, {@code ring.slots}
     * @param value what was given
     * @param accepted what would be accepted, as a phrase: {@code a power of two from 64 to
     *     1048576}
     */
    public ConfigException(String key, Object value, String accepted) {
        super(key + ": '" + value + "' is not accepted; expected " + accepted);
        this.key = key;
        this.value = String.valueOf(value);
        this.accepted = accepted;
        sourced = false;
    }

    private ConfigException(String key, String value, String source, String accepted) {
        super(key + ": '" + value + "' (" + source + ") is not accepted; expected " + accepted);
        this.key = key;
        this.value = value;
        this.accepted = accepted;
        sourced = true;
    }

    /** The same, with the place the value was read from; unchanged where no key is at fault. */
    ConfigException from(String source) {
        return key == null ? this : new ConfigException(key, value, source, accepted);
    }

    /** Whether the message says where the value was read from. */
    boolean sourced() {
        return sourced;
    }

    /** The key at fault; null where the problem is not about one. */
    public @Nullable String key() {
        return key;
    }

    /** What would be accepted, as a phrase; empty where the problem is not about one key. */
    public String accepted() {
        return accepted;
    }
}

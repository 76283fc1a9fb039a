package dev.millrace.config;

/**
 * What is logged, to standard error. Keys {@code log.*}.
 *
 * @param format lines for people or for machines
 * @param requests whether every finished request gets a line
 */
public record LogConfig(Format format, boolean requests) {

    /** Lines for people or for machines. */
    public enum Format {
        TEXT,
        JSON
    }

    public static LogConfig defaults() {
        return new LogConfig(Format.TEXT, false);
    }
}

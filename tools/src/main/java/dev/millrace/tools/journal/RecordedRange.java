package dev.millrace.tools.journal;

import dev.millrace.config.ConfigException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --from} and {@code --to}: the part of a journal that is meant, by time of arrival. */
public final class RecordedRange {
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?s?");

    @Option(
            names = "--from",
            paramLabel = "T",
            description = {
                "requests that arrived at T or later: seconds since the first one,",
                "or a time such as 2026-11-22T17:51:23.5Z"
            })
    @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "T",
            description = "requests that arrived before T, written likewise")
    @Nullable String to;

    /**
     * Whether a request is meant.
     *
     * @param arrivalWallNanos since the epoch
     * @param firstWallNanos of the journal's first request
     * @throws ConfigException where a bound is no time
     */
    public boolean contains(long arrivalWallNanos, long firstWallNanos) {
        return arrivalWallNanos >= bound("--from", from, Long.MIN_VALUE, firstWallNanos)
                && arrivalWallNanos < bound("--to", to, Long.MAX_VALUE, firstWallNanos);
    }

    /** Refuses bounds that are no times, before a long journal is read. */
    public void check() {
        contains(0, 0);
    }

    private static long bound(
            String option, @Nullable String text, long unbounded, long firstWallNanos) {
        return text == null ? unbounded : wallNanos(option, text, firstWallNanos);
    }

    /**
     * A point in time as people write it.
     *
     * @param firstWallNanos what seconds are counted from
     * @return since the epoch
     * @throws ConfigException where it is no time
     */
    public static long wallNanos(String option, String text, long firstWallNanos) {
        if (SECONDS.matcher(text).matches()) {
            String number = text.endsWith("s") ? text.substring(0, text.length() - 1) : text;
            return firstWallNanos + Math.round(Double.parseDouble(number) * 1e9);
        }
        try {
            Instant instant = Instant.parse(text);
            return Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L),
                    instant.getNano());
        } catch (DateTimeException | ArithmeticException e) {
            throw new ConfigException(
                    option,
                    text,
                    "seconds since the first request, or a time such as"
                            + " 2026-11-22T17:51:23.5Z");
        }
    }
}

package dev.millrace.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The checks that compact constructors share: each names key, value and what would be accepted. */
final class Check {
    private Check() {}

    static long inRange(String key, long value, long min, long max) {
        if (value < min || value > max) {
            throw new ConfigException(key, value, "a whole number from " + min + " to " + max);
        }
        return value;
    }

    static int powerOfTwo(String key, int value, int min, int max) {
        if (value < min || value > max || Integer.bitCount(value) != 1) {
            throw new ConfigException(key, value, "a power of two from " + min + " to " + max);
        }
        return value;
    }

    /** {@code one of auto, cpu, cuda}. */
    static String names(Class<?> type) {
        return "one of "
                + Arrays.stream(type.getEnumConstants())
                        .map(constant -> dashed((Enum<?>) constant))
                        .collect(Collectors.joining(", "));
    }

    static String dashed(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

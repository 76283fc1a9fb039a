package dev.millrace.gpustage.gguf;

import dev.millrace.gpustage.ModelLoadException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The key-value pairs of a GGUF file.
 *
 * <p>Every getter's refusal names the file, the key, the value and what would be accepted.
 */
public final class GgufMetadata {
    private static final int MOST_SHOWN = 60;

    private final Path file;
    private final Map<String, Object> values;

    /**
     * @param values {@code Long}, {@code Double}, {@code Boolean}, {@code String}, or a list of one
     *     of them
     */
    GgufMetadata(Path file, Map<String, Object> values) {
        this.file = file;
        this.values = Map.copyOf(values);
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public int integer(String key, int least, int most) {
        Object value = values.get(key);
        if (!(value instanceof Long number) || number < least || number > most) {
            throw bad(key, "a whole number from " + least + " to " + most + " is expected");
        }
        return Math.toIntExact(number);
    }

    public int integer(String key, int least, int most, int absent) {
        return has(key) ? integer(key, least, most) : absent;
    }

    /** A number above 0 that is not infinite. */
    public double number(String key) {
        Object value = values.get(key);
        if (!(value instanceof Double number) || !(number > 0) || number.isInfinite()) {
            throw bad(key, "a number above 0 is expected");
        }
        return number;
    }

    public double number(String key, double absent) {
        return has(key) ? number(key) : absent;
    }

    public boolean flag(String key, boolean absent) {
        if (!has(key)) {
            return absent;
        }
        if (!(values.get(key) instanceof Boolean flag)) {
            throw bad(key, "true or false is expected");
        }
        return flag;
    }

    public String string(String key) {
        if (!(values.get(key) instanceof String string)) {
            throw bad(key, "a string is expected");
        }
        return string;
    }

    public String string(String key, String absent) {
        return has(key) ? string(key) : absent;
    }

    public List<String> strings(String key) {
        return list(key, String.class, "strings");
    }

    /** An array of whole numbers. */
    public List<Long> integers(String key) {
        return list(key, Long.class, "whole numbers");
    }

    /** An array of floats. */
    public List<Double> numbers(String key) {
        return list(key, Double.class, "floats");
    }

    private <T> List<T> list(String key, Class<T> kind, String what) {
        if (!(values.get(key) instanceof List<?> list)
                || (!list.isEmpty() && !kind.isInstance(list.getFirst()))) {
            throw bad(key, "an array of " + what + " is expected");
        }
        return list.stream().map(kind::cast).toList();
    }

    /** A refusal of what {@code key} says. */
    public ModelLoadException bad(String key, String accepted) {
        return new ModelLoadException(file + ": " + key + shown(values.get(key)) + "; " + accepted);
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return " is missing";
        }
        if (value instanceof List<?> list) {
            return " is an array of " + list.size();
        }
        String text = value.toString().replaceAll("\\p{Cntrl}", " ");
        return " is " + (text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…");
    }
}

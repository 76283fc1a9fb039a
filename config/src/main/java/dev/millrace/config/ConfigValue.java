package dev.millrace.config;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody gave for a key, as text.
 *
 * @param items the scalar, or a list's elements; empty for YAML's null and for an empty list
 * @param list whether it was written as a list
 * @param source {@code --port}, {@code MILLRACE_HTTP_PORT}, {@code server.yaml:12}
 */
record ConfigValue(List<String> items, boolean list, String source) {

    static ConfigValue scalar(String text, String source) {
        return new ConfigValue(List.of(text), false, source);
    }

    /** As it is shown in messages. */
    String text() {
        if (list) {
            return items.toString();
        }
        return items.isEmpty() ? "null" : items.getFirst();
    }

    /** The value in the type that the key's component has. */
    @Nullable Object as(ConfigKey key) {
        Class<?> type = key.component().getType();
        if (type == List.class) {
            return key.listOfIntegers() ? integers(key) : elements();
        }
        if (absent()) {
            if (key.nullable()) {
                return null;
            }
            throw refused(key, accepted(key));
        }
        if (list) {
            throw refused(key, accepted(key));
        }
        String text = items.getFirst();
        if (type == String.class) {
            return text;
        }
        if (type == boolean.class) {
            return switch (text) {
                case "true" -> true;
                case "false" -> false;
                default -> throw refused(key, accepted(key));
            };
        }
        if (type.isEnum()) {
            return constant(key, type, text);
        }
        return number(key, type, text);
    }

    private boolean absent() {
        return !list && (items.isEmpty() || items.getFirst().isEmpty());
    }

    private List<String> elements() {
        if (list) {
            return items;
        }
        return absent()
                ? List.of()
                : Arrays.stream(items.getFirst().split(",", -1)).map(String::strip).toList();
    }

    private List<Integer> integers(ConfigKey key) {
        return elements().stream()
                .map(element -> (Integer) number(key, int.class, element.strip()))
                .toList();
    }

    private Object number(ConfigKey key, Class<?> type, String text) {
        try {
            if (type == int.class) {
                return Integer.valueOf(text);
            }
            if (type == long.class) {
                return Long.valueOf(text);
            }
        } catch (NumberFormatException e) {
            throw refused(key, accepted(key));
        }
        throw new IllegalStateException(key.name() + " has a type no value can be read for");
    }

    private Object constant(ConfigKey key, Class<?> type, String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> Check.dashed((Enum<?>) constant).equals(text))
                .findFirst()
                .orElseThrow(() -> refused(key, accepted(key)));
    }

    private ConfigException refused(ConfigKey key, String accepted) {
        return new ConfigException(key.name(), text(), accepted).from(source);
    }

    /** What a key takes, as a phrase. */
    private static String accepted(ConfigKey key) {
        Class<?> type = key.component().getType();
        if (type.isEnum()) {
            return Check.names(type);
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type == List.class) {
            return "whole numbers: a list, or separated by commas";
        }
        if (type == String.class) {
            return "text";
        }
        return "a whole number from "
                + (type == int.class ? Integer.MIN_VALUE : Long.MIN_VALUE)
                + " to "
                + (type == int.class ? Integer.MAX_VALUE : Long.MAX_VALUE);
    }
}

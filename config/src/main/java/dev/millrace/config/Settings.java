package dev.millrace.config;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as text, key by key: as it is printed, and as it is put on record. {@link
 * ConfigLoader#recorded} reads it back.
 */
public final class Settings {
    private static final String PLAIN = "[A-Za-z0-9_./][A-Za-z0-9_./:\\-]*";

    private Settings() {}

    /** Every key, sorted, with its value as a configuration file holds it. */
    public static SortedMap<String, String> of(ServerConfig config) {
        var settings = new TreeMap<String, String>();
        collect("", config, settings);
        return settings;
    }

    private static void collect(String prefix, Record record, SortedMap<String, String> settings) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            String name = prefix + ConfigKey.dashed(component.getName());
            Object value = Reflected.get(component, record);
            if (value instanceof Record nested) {
                collect(name + ".", nested, settings);
            } else {
                settings.put(name, yaml(value));
            }
        }
    }

    private static String yaml(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Enum<?> constant -> Check.dashed(constant);
            case Collection<?> list ->
                    list.stream().map(Settings::yaml).collect(Collectors.joining(", ", "[", "]"));
            case String text when !text.matches(PLAIN) || text.equals("null") -> quoted(text);
            default -> value.toString();
        };
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}

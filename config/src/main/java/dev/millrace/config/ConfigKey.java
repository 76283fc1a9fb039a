package dev.millrace.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One setting: a component of a configuration record, under its dashed name.
 *
 * @param name {@code ring.slot-bytes}
 * @param component where its value goes
 */
record ConfigKey(String name, RecordComponent component) {
    private static final String VARIABLE_PREFIX = "MILLRACE_";

    /** All settings below {@code type}, by name. */
    static Map<String, ConfigKey> of(Class<? extends Record> type) {
        var keys = new TreeMap<String, ConfigKey>();
        collect("", type, keys);
        return keys;
    }

    private static void collect(String prefix, Class<?> type, Map<String, ConfigKey> keys) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + dashed(component.getName());
            if (component.getType().isRecord()) {
                collect(name + ".", component.getType(), keys);
            } else {
                keys.put(name, new ConfigKey(name, component));
            }
        }
    }

    /** {@code slot-bytes} for {@code slotBytes}. */
    static String dashed(String camelCase) {
        var dashed = new StringBuilder();
        for (int i = 0; i < camelCase.length(); i++) {
            char c = camelCase.charAt(i);
            if (Character.isUpperCase(c)) {
                dashed.append('-');
            }
            dashed.append(Character.toLowerCase(c));
        }
        return dashed.toString();
    }

    /** {@code MILLRACE_RING_SLOT_BYTES} for {@code ring.slot-bytes}. */
    String variable() {
        return VARIABLE_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Whether a list holds integers; it holds text otherwise. */
    boolean listOfIntegers() {
        return component.getGenericType() instanceof ParameterizedType list
                && list.getActualTypeArguments()[0] == Integer.class;
    }

    boolean nullable() {
        return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }
}

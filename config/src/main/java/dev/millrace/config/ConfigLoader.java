package dev.millrace.config;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration: flags before environment before file before defaults. Control path; one
 * thread.
 *
 * <p>Knows no key by name: keys are the components of {@link ServerConfig}'s records, dashed. A key
 * nobody knows is an error that names the nearest one. Environment variables are the key in
 * capitals after {@code MILLRACE_}: {@code MILLRACE_HTTP_PORT} for {@code http.port}.
 */
public final class ConfigLoader {
    /** Variables with our prefix that are read by others: the launcher and the tests. */
    private static final List<String> OTHER_VARIABLES =
            List.of("MILLRACE_JAVA_OPTS", "MILLRACE_SHARED");

    /** What Kubernetes sets in every pod beside a service that is called millrace. */
    private static final Pattern SERVICE_VARIABLE =
            Pattern.compile("MILLRACE_(\\w+_)?(SERVICE_HOST|SERVICE_PORT(_\\w+)?|PORT_\\d+_\\w+)");

    private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

    private static final ConfigValue DEFAULT = ConfigValue.scalar("", "default");

    private final Map<String, ConfigKey> keys = ConfigKey.of(ServerConfig.class);
    private final Map<String, ConfigValue> file = new LinkedHashMap<>();
    private final Map<String, ConfigValue> environment = new LinkedHashMap<>();
    private final Map<String, ConfigValue> flags = new LinkedHashMap<>();

    /** A YAML file. */
    public ConfigLoader file(Path path) {
        Map<String, ConfigValue> read = ConfigFile.read(path);
        read.forEach((key, value) -> known(key, value.source()));
        file.putAll(read);
        return this;
    }

    /**
     * Settings of a server that ran, as {@link Settings#of} gave them; they stand where a file
     * would. Keys that this build does not know are left out.
     */
    public ConfigLoader recorded(Map<String, String> settings) {
        var text = new StringBuilder();
        settings.forEach((key, value) -> {
            if (keys.containsKey(key)) {
                text.append(key).append(": ").append(value).append('\n');
            }
        });
        ConfigFile.parse("recorded settings", text.toString())
                .forEach((key, value) -> file.put(known(key, value.source()).name(), value));
        return this;
    }

    /** Variables that begin with {@code MILLRACE_}; others are not looked at. */
    public ConfigLoader environment(Map<String, String> variables) {
        var keyOf = new TreeMap<String, String>();
        keys.values().forEach(key -> keyOf.put(key.variable(), key.name()));
        variables.forEach((variable, value) -> {
            if (!variable.startsWith("MILLRACE_") || ofOthers(variable, value)) {
                return;
            }
            String key = keyOf.get(variable);
            if (key == null) {
                throw new ConfigException(
                        "environment variable "
                                + variable
                                + " is not known; nearest: "
                                + NearestName.of(variable, keyOf.keySet()));
            }
            environment.put(key, ConfigValue.scalar(value, variable));
        });
        return this;
    }

    private static boolean ofOthers(String variable, String value) {
        return OTHER_VARIABLES.contains(variable)
                || SERVICE_VARIABLE.matcher(variable).matches()
                || SERVICE_ADDRESS.matcher(value).matches();
    }

    /** {@code key=value}, as {@code --set} takes it; the last one for a key counts. */
    public ConfigLoader set(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new ConfigException("--set", assignment, "key=value, as in http.port=8080");
        }
        return flag("--set", assignment.substring(0, equals), assignment.substring(equals + 1));
    }

    /**
     * A flag of its own for a key.
     *
     * @param flag as the caller typed it: {@code --port}
     */
    public ConfigLoader flag(String flag, String key, String value) {
        flags.put(known(key, flag).name(), ConfigValue.scalar(value, flag));
        return this;
    }

    private ConfigKey known(String key, String source) {
        ConfigKey known = keys.get(key);
        if (known == null) {
            throw new ConfigException(
                    key
                            + " ("
                            + source
                            + ") is not a configuration key; nearest: "
                            + NearestName.of(key, keys.keySet()));
        }
        return known;
    }

    /**
     * The checked configuration, with the source of every value.
     *
     * @throws ConfigException names key, value, source and what would be accepted
     */
    public LoadedConfig load() {
        var given = new TreeMap<String, ConfigValue>(file);
        given.putAll(environment);
        given.putAll(flags);
        try {
            var config = (ServerConfig) build("", ServerConfig.defaults(), given);
            var sources = new TreeMap<String, String>();
            given.forEach((key, value) -> sources.put(key, value.source()));
            return new LoadedConfig(config, sources);
        } catch (ConfigException e) {
            throw withSources(e, given);
        }
    }

    private static Record build(String prefix, Record defaults, Map<String, ConfigValue> given) {
        var types = new ArrayList<Class<?>>();
        var values = new ArrayList<@Nullable Object>();
        for (RecordComponent component : defaults.getClass().getRecordComponents()) {
            String name = prefix + ConfigKey.dashed(component.getName());
            Object value = Reflected.get(component, defaults);
            ConfigValue replacement = given.get(name);
            if (value instanceof Record nested) {
                value = build(name + ".", nested, given);
            } else if (replacement != null) {
                value = replacement.as(new ConfigKey(name, component));
            }
            types.add(component.getType());
            values.add(value);
        }
        return Reflected.create(defaults.getClass(), types, values);
    }

    private ConfigException withSources(ConfigException e, Map<String, ConfigValue> given) {
        String key = e.key();
        if (key == null || e.sourced()) {
            return e;
        }
        ConfigValue value = given.get(key);
        var source = new StringBuilder(value == null ? "default" : value.source());
        // A bound that is itself a setting: say who set that.
        keys.keySet().stream()
                .filter(other -> !other.equals(key) && e.accepted().contains(other))
                .map(other -> Map.entry(other, given.getOrDefault(other, DEFAULT)))
                .forEach(other ->
                        source.append("; ")
                                .append(other.getKey())
                                .append(": ")
                                .append(other.getValue().source()));
        return e.from(source.toString());
    }
}

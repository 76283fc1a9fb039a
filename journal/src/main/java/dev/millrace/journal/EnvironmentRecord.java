package dev.millrace.journal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What executes the requests of one run: two runs whose answers are compared must agree on whatever
 * {@link Difference#decides}.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}:
 *
 * <pre>
 *  0  4  text bytes
 *  4  n  text   UTF-8, one "key=value" a line
 * </pre>
 *
 * Readers take keys that they do not know as they are. Those that this build writes:
 *
 * <pre>
 *  build                   version of Millrace
 *  engine                  version of LibTorch
 *  engine-threads          threads that compute for a model
 *  device                  such as cpu
 *  cpu.capability          instruction set of LibTorch's kernels
 *  cpu.model, cpu.count
 *  os, java
 *  variable.NAME           environment variables that natives read
 *  threads.plan
 *  models.folder           absolute path; absent for the embedded model
 *  model.LANE.FIELD        name, version, digest, kind, weights, tokenizer
 *  setting.KEY             configuration, as {@code serve --print-config} prints it
 *  journal.set-aside       the file of the run before whose end a power cut tore, and where
 * </pre>
 *
 * @param facts values by key, in the order in which they are written
 */
public record EnvironmentRecord(Map<String, String> facts) {
    /** Longer texts are cut, at a whole line. */
    static final int MAX_TEXT_BYTES = 128 << 10;

    private static final String LINES_LEFT_OUT = "lines-left-out";
    private static final String MODEL = "model.";
    private static final String SETTING = "setting.";

    /** Where a model's lane number may end. */
    private static final int MAX_LANES = 10_000;

    /** What changes nothing that is computed, and no decision of a lane. */
    private static final List<String> WITHOUT_CONSEQUENCE =
            List.of(
                    "cpu.count",
                    "journal.",
                    "threads.",
                    "models.folder",
                    "setting.http.",
                    "setting.ring.",
                    "setting.threads.",
                    "setting.journal.",
                    "setting.log.",
                    "setting.models.dir",
                    // What comes of it is in each model's weights.
                    "setting.models.dtype",
                    "setting.drain-timeout-millis");

    private static final int TEXT_BYTES_OFFSET = JournalRecord.HEADER_BYTES;
    private static final int TEXT_OFFSET = JournalRecord.HEADER_BYTES + 4;

    /**
     * One loaded model.
     *
     * @param digest SHA-256 over its weights, hex
     * @param kind what it does: the name of a {@link dev.millrace.ringbuffer.ModelKind}
     * @param weights how its weights are held, such as {@code float32}
     * @param tokenizer SHA-256 of its {@code tokenizer.json}, hex; empty where it has none
     */
    public record Model(
            String name,
            String version,
            String digest,
            String kind,
            String weights,
            String tokenizer) {}

    /**
     * A key whose values are not the same.
     *
     * @param recorded null where the record says nothing
     * @param present likewise
     * @param decides whether answers may differ because of it
     */
    public record Difference(
            String key, @Nullable String recorded, @Nullable String present, boolean decides) {
        @Override
        public String toString() {
            return "%s: recorded %s, here %s".formatted(key, said(recorded), said(present));
        }

        private static String said(@Nullable String value) {
            return value == null ? "nothing" : value;
        }
    }

    /** Collects facts in the order in which they are written. One thread. */
    public static final class Builder {
        private final Map<String, String> facts = new LinkedHashMap<>();
        private int lanes;

        private Builder() {}

        /** A line break in a value becomes a blank. */
        public Builder put(String key, String value) {
            facts.put(key, value.replace('\n', ' ').replace('\r', ' '));
            return this;
        }

        /** The model of the next lane, from 0. */
        public Builder model(Model model) {
            String lane = MODEL + lanes++ + '.';
            return put(lane + "name", model.name)
                    .put(lane + "version", model.version)
                    .put(lane + "digest", model.digest)
                    .put(lane + "kind", model.kind)
                    .put(lane + "weights", model.weights)
                    .put(lane + "tokenizer", model.tokenizer);
        }

        /** The configuration. */
        public Builder settings(Map<String, String> settings) {
            settings.forEach((key, value) -> put(SETTING + key, value));
            return this;
        }

        public EnvironmentRecord build() {
            return new EnvironmentRecord(facts);
        }
    }

    public EnvironmentRecord {
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** These facts and one more. */
    EnvironmentRecord with(String key, String value) {
        var builder = new Builder();
        builder.facts.putAll(facts);
        return builder.put(key, value).build();
    }

    static @Nullable String problem(JournalRecord record) {
        int part = record.partBytes();
        if (part < 4) {
            return "ENVIRONMENT of " + part + " bytes";
        }
        int text = record.buffer().getInt(TEXT_BYTES_OFFSET);
        return text == part - 4 ? null : "text of " + text + " bytes in ENVIRONMENT of " + part;
    }

    /** Copies a sound record of that type. */
    public static EnvironmentRecord of(JournalRecord record) {
        return parse(
                RecordText.text(
                        record.buffer(), TEXT_OFFSET, record.buffer().getInt(TEXT_BYTES_OFFSET)));
    }

    static EnvironmentRecord parse(String text) {
        var facts = new LinkedHashMap<String, String>();
        text.lines()
                .forEach(line -> {
                    int equals = line.indexOf('=');
                    String key = equals < 0 ? line : line.substring(0, equals);
                    facts.put(key, equals < 0 ? "" : line.substring(equals + 1));
                });
        return new EnvironmentRecord(facts);
    }

    /** The text on disk. What does not fit any more is left out, and the text says so. */
    byte[] text() {
        var text = new StringBuilder();
        int leftOut = 0;
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            String line = fact.getKey() + '=' + fact.getValue() + '\n';
            // A char takes up to three bytes.
            if (text.length() + line.length() > MAX_TEXT_BYTES / 3 - 100) {
                leftOut++;
            } else {
                text.append(line);
            }
        }
        if (leftOut > 0) {
            text.append(LINES_LEFT_OUT).append('=').append(leftOut).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private String fact(String key) {
        return facts.getOrDefault(key, "");
    }

    /** Version of Millrace. */
    public String build() {
        return fact("build");
    }

    /** Version of LibTorch. */
    public String engine() {
        return fact("engine");
    }

    /** Such as {@code cpu}. */
    public String device() {
        return fact("device");
    }

    /** LibTorch's threads within an operator; 0 where the record does not say. */
    public int engineThreads() {
        String value = fact("engine-threads");
        return value.matches("[0-9]{1,9}") ? Integer.parseInt(value) : 0;
    }

    /** Whose sub-folders were served; null for the embedded model. */
    public @Nullable String modelsFolder() {
        return facts.get("models.folder");
    }

    /** What was loaded when the run began, by the numbers of their lanes. */
    public List<Model> models() {
        var models = new ArrayList<Model>();
        for (int lane = 0; lane < MAX_LANES; lane++) {
            String key = MODEL + lane + '.';
            if (!facts.containsKey(key + "name")) {
                break;
            }
            models.add(
                    new Model(
                            fact(key + "name"),
                            fact(key + "version"),
                            fact(key + "digest"),
                            fact(key + "kind"),
                            fact(key + "weights"),
                            fact(key + "tokenizer")));
        }
        return models;
    }

    /** The configuration, key by key, as {@code serve --print-config} prints it. */
    public Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        facts.forEach((key, value) -> {
            if (key.startsWith(SETTING)) {
                settings.put(key.substring(SETTING.length()), value);
            }
        });
        return settings;
    }

    /** Every key whose values differ, sorted. */
    public List<Difference> differences(EnvironmentRecord present) {
        var keys = new TreeSet<>(facts.keySet());
        keys.addAll(present.facts.keySet());
        var differences = new ArrayList<Difference>();
        for (String key : keys) {
            String recorded = facts.get(key);
            String here = present.facts.get(key);
            if (!Objects.equals(recorded, here)) {
                differences.add(new Difference(key, recorded, here, decides(key)));
            }
        }
        return differences;
    }

    private static boolean decides(String key) {
        return WITHOUT_CONSEQUENCE.stream().noneMatch(key::startsWith);
    }
}

package dev.millrace.journal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What executes the requests of one run: two runs whose answers are compared must agree on it.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}:
 *
 * <pre>
 *  0  4  text bytes
 *  4  n  text   UTF-8, one "key=value" a line; a line "model=NAME VERSION DIGEST" for each model
 * </pre>
 *
 * @param build version of Millrace
 * @param engine version of LibTorch
 * @param device such as {@code cpu} or {@code cuda:0}
 * @param engineThreads LibTorch's threads within an operator
 * @param models what was loaded when the run began
 */
public record EnvironmentRecord(
        String build, String engine, String device, int engineThreads, List<Model> models) {
    static final int MAX_TEXT_BYTES = 32 << 10;

    private static final int TEXT_BYTES_OFFSET = JournalRecord.HEADER_BYTES;
    private static final int TEXT_OFFSET = JournalRecord.HEADER_BYTES + 4;

    /**
     * One loaded model.
     *
     * @param digest SHA-256 over its weights, hex
     */
    public record Model(String name, String version, String digest) {}

    public EnvironmentRecord {
        models = List.copyOf(models);
    }

    static @Nullable String problem(JournalRecord record) {
        int part = record.partBytes();
        if (part < 4) {
            return "ENVIRONMENT of " + part + " bytes";
        }
        int text = record.buffer().getInt(TEXT_BYTES_OFFSET);
        return text == part - 4 ? null : "text of " + text + " bytes in ENVIRONMENT of " + part;
    }

    /** Copies a sound record of that type; lines that are not understood are left out. */
    public static EnvironmentRecord of(JournalRecord record) {
        Map<String, String> values = new LinkedHashMap<>();
        List<Model> models = new ArrayList<>();
        String text =
                RecordText.text(
                        record.buffer(), TEXT_OFFSET, record.buffer().getInt(TEXT_BYTES_OFFSET));
        text.lines()
                .forEach(line -> {
                    int equals = line.indexOf('=');
                    String key = equals < 0 ? line : line.substring(0, equals);
                    String value = equals < 0 ? "" : line.substring(equals + 1);
                    if (key.equals("model")) {
                        models.add(model(value));
                    } else {
                        values.put(key, value);
                    }
                });
        return new EnvironmentRecord(
                values.getOrDefault("build", ""),
                values.getOrDefault("engine", ""),
                values.getOrDefault("device", ""),
                number(values.getOrDefault("engine-threads", "")),
                models);
    }

    private static Model model(String value) {
        // A name may hold blanks; version and digest do not.
        int digest = value.lastIndexOf(' ');
        int version = digest < 0 ? -1 : value.lastIndexOf(' ', digest - 1);
        return version < 0
                ? new Model(value, "", "")
                : new Model(
                        value.substring(0, version),
                        value.substring(version + 1, digest),
                        value.substring(digest + 1));
    }

    private static int number(String value) {
        return value.matches("[0-9]{1,9}") ? Integer.parseInt(value) : 0;
    }

    /** The text on disk. A model that does not fit any more is left out, and the text says so. */
    byte[] text() {
        var text = new StringBuilder();
        text.append("build=").append(line(build)).append('\n');
        text.append("engine=").append(line(engine)).append('\n');
        text.append("device=").append(line(device)).append('\n');
        text.append("engine-threads=").append(engineThreads).append('\n');
        int leftOut = 0;
        for (Model model : models) {
            String line =
                    "model="
                            + line(model.name)
                            + ' '
                            + word(model.version)
                            + ' '
                            + word(model.digest);
            if (text.length() + line.length() > MAX_TEXT_BYTES / 4) {
                leftOut++;
            } else {
                text.append(line).append('\n');
            }
        }
        if (leftOut > 0) {
            text.append("models-left-out=").append(leftOut).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String line(String value) {
        return value.replace('\n', ' ').replace('\r', ' ');
    }

    private static String word(String value) {
        return value.isEmpty() ? "-" : line(value).replace(' ', '_');
    }
}

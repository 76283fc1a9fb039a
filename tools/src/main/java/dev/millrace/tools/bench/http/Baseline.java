package dev.millrace.tools.bench.http;

import dev.millrace.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A report that was saved with {@code --json}, and what has become worse since. */
final class Baseline {
    private final JsonNode saved;

    private Baseline(JsonNode saved) {
        this.saved = saved;
    }

    /**
     * @throws ConfigException where the file is no report of a load
     */
    static Baseline read(String option, Path file) throws IOException {
        ConfigException refused =
                new ConfigException(option, file, "what bench http --json printed of a load");
        if (!Files.isRegularFile(file)) {
            throw refused;
        }
        try {
            JsonNode saved = JsonMapper.shared().readTree(Files.readString(file));
            if (saved.path("runs").path(0).path("latency").path("p50").isNumber()) {
                return new Baseline(saved);
            }
        } catch (JacksonException e) {
            // Said below, as for every other file.
        }
        throw refused;
    }

    /**
     * One line for each figure that is worse by more than the tolerance; runs are compared in their
     * order.
     *
     * @param tolerance a share: 0.1 lets a tenth pass
     */
    List<String> worse(LoadReport now, double tolerance) {
        List<String> lines = new ArrayList<>();
        if (!now.slo().isEmpty() && now.slo().equals(saved.path("slo").asString(""))) {
            fewer(
                    "highest rate",
                    saved.path("highestPerSecond").asDouble(0),
                    now.highestPerSecond(),
                    tolerance,
                    lines);
            // The rates of two searches are others.
            return lines;
        }
        int runs = Math.min(now.runs().size(), saved.path("runs").size());
        for (int i = 0; i < runs; i++) {
            JsonNode then = saved.path("runs").path(i);
            RunResult run = now.runs().get(i);
            String at = runs == 1 ? "" : " of run " + (i + 1);
            fewer(
                    "answers/s" + at,
                    then.path("answeredPerSecond").asDouble(0),
                    run.answeredPerSecond(),
                    tolerance,
                    lines);
            JsonNode latency = then.path("latency");
            more("p50" + at, latency.path("p50").asDouble(), run.latency().p50(), tolerance, lines);
            more("p99" + at, latency.path("p99").asDouble(), run.latency().p99(), tolerance, lines);
            if (run.failed() > 0 && then.path("failures").isEmpty()) {
                lines.add("failed%s: %d, none before".formatted(at, run.failed()));
            }
        }
        return lines;
    }

    private static void fewer(
            String what, double then, double now, double tolerance, List<String> lines) {
        if (now < then * (1 - tolerance)) {
            lines.add("%s: %.1f, %.1f before".formatted(what, now, then));
        }
    }

    private static void more(
            String what, double then, double now, double tolerance, List<String> lines) {
        if (now > then * (1 + tolerance)) {
            lines.add("%s: %.3f ms, %.3f before".formatted(what, now, then));
        }
    }
}

package dev.millrace.tools.bench.http;

import dev.millrace.config.ConfigException;
import dev.millrace.tools.load.Arrivals;
import dev.millrace.tools.load.LoadOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** The options of {@code bench http} that make it a load, and the load. */
public final class LoadRunOptions {
    private static final int WORSE = 1;

    @Option(
            names = "--rate",
            paramLabel = "N|a..b",
            description = {
                "requests a second, sent when they are due whatever became of those before (open",
                "loop); a range is gone through, or searched for the highest that holds --slo"
            })
    private @Nullable String rate;

    @Option(
            names = "--arrivals",
            paramLabel = "HOW",
            defaultValue = "constant",
            description = {
                "constant, poisson, or a journal's folder: its spacing, stretched to --rate",
                "(${DEFAULT-VALUE})"
            })
    private String arrivals = "";

    @Option(
            names = "--duration",
            paramLabel = "SECONDS",
            description = {
                "of each measurement (10); without --rate each connection asks again as soon as",
                "it is answered (closed loop)"
            })
    private @Nullable Integer duration;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            defaultValue = "2",
            description = "of the same load before each measurement (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "64",
            description = "at once (${DEFAULT-VALUE})")
    private int connections;

    @Option(
            names = "--ask",
            paramLabel = "WHAT",
            defaultValue = "completions",
            description = {
                "completions (streamed), embeddings, or kserve: one row of four floats",
                "(${DEFAULT-VALUE})"
            })
    private String ask = "";

    @Option(
            names = "--body",
            paramLabel = "FILE",
            description = "what is sent instead; --path says where")
    private @Nullable Path body;

    @Option(names = "--path", paramLabel = "PATH", description = "as in /v1/chat/completions")
    private @Nullable String path;

    @Option(
            names = "--slo",
            paramLabel = "GOALS",
            description = {
                "as in p99=5ms (p50, p90, p99, p99.9, max) or ttft=200ms,itl=50ms, which are 99th",
                "percentiles; exit code 1 where no rate holds them"
            })
    private @Nullable String slo;

    @Option(names = "--html", paramLabel = "FILE", description = "write the report as a page")
    private @Nullable Path html;

    @Option(
            names = "--baseline",
            paramLabel = "FILE",
            description = "what --json printed before; exit code 1 where this is worse")
    private @Nullable Path baseline;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description = "how much worse than --baseline is still good (${DEFAULT-VALUE})")
    private double tolerance;

    /**
     * What completions are made of.
     *
     * @param model name
     */
    public record Completions(String model, int vocabulary, int promptTokens, int answerTokens) {}

    /** Whether a load is meant. */
    public boolean asked() {
        return rate != null || duration != null || body != null || slo != null;
    }

    /** Whether a model must be named. */
    public boolean needsModel() {
        return body == null;
    }

    /**
     * Refuses what cannot be measured, before anything is sent.
     *
     * @throws ConfigException naming the option
     */
    public void check(URI server) {
        if (!server.getScheme().equals("http")) {
            throw new ConfigException("URL", server, "http, for a load");
        }
        LoadOptions.inRange("--warm-up", warmUp, 0, 3600);
        LoadOptions.inRange("--duration", seconds(), 1, 86_400);
        LoadOptions.inRange("--connections", connections, 1, 16_384);
        if (!List.of("completions", "embeddings", "kserve").contains(ask)) {
            throw new ConfigException("--ask", ask, "completions, embeddings or kserve");
        }
        if ((body == null) != (path == null)) {
            throw new ConfigException(
                    body == null ? "--body" : "--path", "", "a value, as the other one has");
        }
        if (path != null && !path.matches("/[!-~]*")) {
            throw new ConfigException("--path", path, "a path such as /v1/chat/completions");
        }
        if (body != null && !Files.isRegularFile(body)) {
            throw new ConfigException("--body", body, "a file");
        }
        if (!(tolerance >= 0 && tolerance <= 10)) {
            throw new ConfigException("--tolerance", tolerance, "a share such as 0.1");
        }
        rates();
        goals();
    }

    private int seconds() {
        return duration == null ? 10 : duration;
    }

    private Rates rates() {
        return rate == null ? Rates.CLOSED : Rates.parse("--rate", rate);
    }

    private Slo goals() {
        return slo == null ? Slo.NONE : Slo.parse("--slo", slo);
    }

    /**
     * Loads the server and reports.
     *
     * @return the exit code
     */
    public int run(URI server, Completions completions, boolean json, PrintWriter out)
            throws IOException, InterruptedException {
        Baseline before = baseline == null ? null : Baseline.read("--baseline", baseline);
        Slo goals = goals();
        var measurement =
                new Measurement(
                        server,
                        connections,
                        requests(server, completions),
                        arrivals(),
                        warmUp * 1_000_000_000L,
                        seconds() * 1_000_000_000L,
                        goals);
        List<RunResult> runs = rates().measure(goals, measurement);
        var report =
                new LoadReport(
                        server.toString(),
                        path == null ? ask + " of " + completions.model() : "POST " + path,
                        connections,
                        rate == null ? "closed-loop" : arrivals,
                        warmUp,
                        seconds(),
                        goals.toString(),
                        goals.goals().isEmpty() ? 0 : Rates.highest(runs),
                        runs);
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        if (html != null) {
            Files.writeString(html, LoadPage.of(report), StandardCharsets.UTF_8);
        }
        boolean answered = runs.stream().anyMatch(run -> run.answered() > 0);
        return good(report, before, json, out) && answered ? 0 : WORSE;
    }

    private boolean good(
            LoadReport report, @Nullable Baseline before, boolean json, PrintWriter out) {
        List<String> worse = before == null ? List.of() : before.worse(report, tolerance);
        if (!json) {
            worse.forEach(line -> out.println("worse: " + line));
        }
        return report.good() && worse.isEmpty();
    }

    private Supplier<ByteBuffer> requests(URI server, Completions completions) throws IOException {
        if (body != null && path != null) {
            return Requests.file(server, path, body);
        }
        return switch (ask) {
            case "embeddings" -> Requests.embeddings(server, completions.model());
            case "kserve" -> Requests.kserve(server, completions.model());
            default ->
                    Requests.completions(
                            server,
                            completions.model(),
                            completions.vocabulary(),
                            completions.promptTokens(),
                            completions.answerTokens());
        };
    }

    private DoubleFunction<Arrivals> arrivals() {
        if (arrivals.equals("constant")) {
            return Arrivals::constant;
        }
        if (arrivals.equals("poisson")) {
            var seeds = new SplittableRandom();
            return perSecond -> Arrivals.poisson(perSecond, seeds.nextLong());
        }
        long[] gaps = RecordedGaps.of("--arrivals", Path.of(arrivals));
        return perSecond -> Arrivals.recorded(gaps, perSecond);
    }
}

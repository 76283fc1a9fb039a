package dev.millrace.tools.bench.ring;

import dev.millrace.config.ConfigException;
import dev.millrace.config.LogConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ringbuffer.Hosting;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.load.Percentiles;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code bench ring}: requests through both rings and every stage, without a door and a model. */
@Command(
        name = "ring",
        description = {
            "Measures both rings and every stage: raw tensors are published where a door would,",
            "and a lane without a model gives them back."
        },
        mixinStandardHelpOptions = true)
public final class RingBenchCommand implements Callable<Integer> {
    private static final String LOAD = "load";

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--plan",
            paramLabel = "PLAN",
            defaultValue = "all",
            description = "compact, pipelined, run-to-completion or all (${DEFAULT-VALUE})")
    private String plan = "";

    @Option(
            names = "--journal",
            paramLabel = "WHICH",
            defaultValue = "both",
            description = "off, on or both (${DEFAULT-VALUE})")
    private String journal = "";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "of each measurement (${DEFAULT-VALUE})")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "5",
            description = "seconds before each measurement (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--body",
            paramLabel = "N",
            defaultValue = "128",
            description = "bytes of each request, a multiple of 16 (${DEFAULT-VALUE})")
    private int body;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "256",
            description = "requests at once, a power of two (${DEFAULT-VALUE})")
    private int inFlight;

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        LoadOptions.inRange("--seconds", seconds, 1, 3600);
        LoadOptions.inRange("--warm-up", warmUp, 0, 3600);
        LoadOptions.inRange("--in-flight", inFlight, 2, 1 << 20);
        LoadOptions.inRange("--body", body, NullModel.ROW_BYTES, RingConfig.defaults().slotBytes());
        if (body % NullModel.ROW_BYTES != 0) {
            throw new ConfigException("--body", body, "a multiple of " + NullModel.ROW_BYTES);
        }
        Map<String, Boolean> journals = Map.of("off", false, "on", true);
        List<RingResult> runs = new ArrayList<>();
        List<ThreadsConfig.Plan> plans =
                plan.equals("all") ? Plans.all() : List.of(Plans.parse(plan, "all"));
        Logging.configure(LogConfig.defaults());
        for (ThreadsConfig.Plan one : plans) {
            for (String journalled : which("--journal", journal, "off", "on")) {
                runs.add(measure(one, Objects.requireNonNull(journals.get(journalled))));
            }
        }
        var report =
                new RingReport(body, inFlight, Runtime.getRuntime().availableProcessors(), runs);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            report.print(out);
        }
        out.flush();
        return 0;
    }

    private static List<String> which(String option, String value, String one, String other) {
        if (value.equals("both")) {
            return List.of(one, other);
        }
        if (value.equals(one) || value.equals(other)) {
            return List.of(value);
        }
        throw new ConfigException(option, value, one + ", " + other + " or both");
    }

    private RingResult measure(ThreadsConfig.Plan plan, boolean journalled) throws IOException {
        String before = Thread.currentThread().getName();
        Thread.currentThread().setName(LOAD);
        try (var server = new NullServer(NullServer.ring(inFlight), plan, 1, journalled)) {
            server.addNullLane();
            var answers = new AnswerClock(inFlight);
            var load = new RingLoad(server.rings(), answers, body);
            Hosting hosting = server.pipeline().runOn(load);
            load.run(System.nanoTime() + warmUp * 1_000_000_000L);
            var names = new HashSet<>(ThreadCosts.STAGES);
            names.add(LOAD);
            Histogram nanos = Percentiles.histogram();
            ThreadCosts costs = ThreadCosts.of(names);
            long began = System.nanoTime();
            long answered = answers.answered();
            answers.recordInto(nanos);
            load.run(began + seconds * 1_000_000_000L);
            answers.recordInto(null);
            answered = answers.answered() - answered;
            double took = (System.nanoTime() - began) / 1e9;
            Map<String, ThreadCosts.Cost> used = costs.since();
            load.settle();
            hosting.close();
            load.runAsked();
            if (!answers.failure().isEmpty()) {
                throw new IllegalStateException("a request failed: " + answers.failure());
            }
            return RingResult.of(Plans.name(plan), journalled, answered, took, nanos, used);
        } finally {
            Thread.currentThread().setName(before);
        }
    }
}

package dev.millrace.tools.bench.doors;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import dev.millrace.config.LogConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.tools.bench.ring.NullModel;
import dev.millrace.tools.bench.ring.Plans;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.load.Percentiles;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.DatagramSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code bench doors}: the same requests through HTTP, Aeron in shared memory, Aeron over UDP. */
@Command(
        name = "doors",
        description = {
            "Measures how long an answer takes through each door of one server, whose model does",
            "nothing: one request at a time, the doors in turn, in this process."
        },
        mixinStandardHelpOptions = true)
public final class DoorsBenchCommand implements Callable<Integer> {
    private static final int MOST_IDLE_SECONDS = 3600;
    private static final byte[] BODY =
            """
            {"inputs":[{"name":"INPUT__0","shape":[1,4],"datatype":"FP32","data":[1.0,2.0,3.0,4.0]}]}\
            """
                    .getBytes(UTF_8);

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "in which each door has its turn (${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "5000",
            description = "of a turn (${DEFAULT-VALUE})")
    private int requests;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "3",
            description = "rounds before, which do not count (${DEFAULT-VALUE})")
    private int warmUp;

    @Option(
            names = "--plan",
            paramLabel = "PLAN",
            defaultValue = "compact",
            description = "compact, pipelined or run-to-completion (${DEFAULT-VALUE})")
    private String plan = "";

    @Option(
            names = "--waiting",
            paramLabel = "HOW",
            defaultValue = "AUTO",
            description = "of the stages: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE})")
    private ThreadsConfig.Waiting waiting = ThreadsConfig.Waiting.AUTO;

    @Option(
            names = "--idle",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description =
                    "after those rounds, measure the first answer after so much silence instead,"
                            + " through each door, --rounds times")
    private double idle;

    @Option(names = "--journal", description = "record requests and answers")
    private boolean journal;

    @Option(names = "--json", description = "print JSON instead of a table")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions.inRange("--rounds", rounds, 1, 1000);
        LoadOptions.inRange("--requests", requests, 100, 10_000_000);
        LoadOptions.inRange("--warm-up", warmUp, 0, 1000);
        if (!(idle >= 0 && idle <= MOST_IDLE_SECONDS)) {
            throw new ConfigException("--idle", idle, "0 to " + MOST_IDLE_SECONDS + " seconds");
        }
        Plans.parse(plan);
        Logging.configure(LogConfig.defaults());
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        measure(out);
        return 0;
    }

    private void measure(PrintWriter out) throws IOException, InterruptedException {
        Path driver =
                Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "millrace-doors-" + UUID.randomUUID());
        String endpoint = "127.0.0.1:" + freePort();
        try (var doors =
                        new BothDoors(
                                Plans.parse(plan), waiting, journal, aeron(driver, endpoint));
                var one = new HttpAsker(doors.port(), "/v2/models/null/infer", BODY);
                var two =
                        new AeronAsker(
                                "aeron ipc",
                                ClientOptions.ipc(driver.toString()),
                                NullModel.NAME,
                                BODY);
                var three =
                        new AeronAsker(
                                "aeron udp", ClientOptions.udp(endpoint), NullModel.NAME, BODY)) {
            List<Asker> askers = List.of(one, two, three);
            DoorsReport report = rounds(askers);
            if (idle > 0) {
                FirstAnswers first = FirstAnswers.of(askers, idle, rounds);
                say(out, first, first::print);
            } else {
                say(out, report, report::print);
            }
        }
    }

    private void say(PrintWriter out, Record report, Consumer<PrintWriter> asText) {
        if (json) {
            out.println(JsonMapper.shared().writeValueAsString(report));
        } else {
            asText.accept(out);
        }
        out.flush();
    }

    private DoorsReport rounds(List<? extends Asker> askers) throws IOException {
        List<DoorsReport.Door> doors = new ArrayList<>();
        for (Asker asker : askers) {
            doors.add(
                    new DoorsReport.Door(
                            asker.name(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
        }
        for (int round = -warmUp; round < rounds; round++) {
            for (int i = 0; i < askers.size(); i++) {
                Histogram nanos = turn(askers.get(i));
                if (round >= 0) {
                    DoorsReport.Door door = doors.get(i);
                    double p50 = nanos.getValueAtPercentile(50) / 1e3;
                    door.p50Micros().add(p50);
                    door.p99Micros().add(nanos.getValueAtPercentile(99) / 1e3);
                    door.ofHttp().add(p50 / doors.getFirst().p50Micros().get(round));
                }
            }
        }
        return new DoorsReport(
                BODY.length,
                requests,
                plan,
                waiting.name().toLowerCase(Locale.ROOT),
                Runtime.getRuntime().availableProcessors(),
                journal,
                doors);
    }

    private Histogram turn(Asker asker) throws IOException {
        Histogram nanos = Percentiles.histogram();
        for (int i = 0; i < requests; i++) {
            long begun = System.nanoTime();
            asker.ask();
            nanos.recordValue(System.nanoTime() - begun);
        }
        return nanos;
    }

    private static AeronConfig aeron(Path driver, String endpoint) {
        AeronConfig aeron = AeronConfig.defaults();
        return new AeronConfig(
                true,
                aeron.driver(),
                driver.toString(),
                endpoint,
                null,
                aeron.streamId(),
                aeron.termBytes(),
                aeron.maxSessions(),
                aeron.idle());
    }

    private static int freePort() throws IOException {
        try (var socket = new DatagramSocket()) {
            return Math.min(socket.getLocalPort(), 65_000);
        }
    }
}

package dev.millrace.tools.bench.ring;

import dev.millrace.config.HttpConfig;
import dev.millrace.config.LogConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.serve.Logging;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench null}: everything a server has but its engine, behind the real door. */
@Command(
        name = "null",
        description = {
            "Serves a model that does nothing, named null, until it is killed: what is measured",
            "of it is HTTP, rings and stages alone. Ask it with bench http --ask kserve."
        },
        mixinStandardHelpOptions = true)
public final class NullServeCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "0",
            description = "0 takes a free one (${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--plan",
            paramLabel = "PLAN",
            defaultValue = "compact",
            description = "compact, pipelined or run-to-completion (${DEFAULT-VALUE})")
    private String plan = "";

    @Option(names = "--journal", description = "record requests and answers, for a while")
    private boolean journal;

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadOptions.inRange("--port", port, 0, 65_535);
        ThreadsConfig.Plan threads = Plans.parse(plan);
        Logging.configure(LogConfig.defaults());
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        var stop = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stop, stopped)));
        HttpConfig http = HttpConfig.defaults().withPort(port);
        RingConfig ring = NullServer.ring(RingConfig.defaults().inFlight());
        try (var server = new NullServer(ring, threads, HttpDoor.ioThreads(http), journal);
                var door = new NullDoor(server, http)) {
            server.addNullLane();
            out.println("null model on http://127.0.0.1:" + door.port());
            out.flush();
            stop.await();
        } finally {
            stopped.countDown();
        }
        return 0;
    }

    private static void end(CountDownLatch stop, CountDownLatch stopped) {
        stop.countDown();
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

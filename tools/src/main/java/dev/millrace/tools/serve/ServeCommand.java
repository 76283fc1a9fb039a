package dev.millrace.tools.serve;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.LoadedConfig;
import dev.millrace.config.ServerConfig;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace serve}: flags to configuration to {@link Server}, until SIGTERM. */
@Command(
        name = "serve",
        description = "Serve models over HTTP: OpenAI and KServe v2.",
        mixinStandardHelpOptions = true)
public final class ServeCommand implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML file with configuration keys.")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A configuration key; may be repeated.")
    private List<String> settings = new ArrayList<>();

    @Option(names = "--host", description = "Address to listen on (http.host).")
    private @Nullable String host;

    @Option(names = "--port", description = "Port; 0 takes a free one (http.port).")
    private @Nullable String port;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "Serve each sub-folder under its own name (models.dir).")
    private @Nullable String models;

    @Option(
            names = "--journal",
            paramLabel = "DIR",
            description = "Folder of the journal (journal.dir).")
    private @Nullable String journal;

    @Option(names = "--no-journal", description = "Record nothing (journal.enabled=false).")
    private boolean noJournal;

    @Option(
            names = "--drain-timeout",
            paramLabel = "SECONDS",
            description = "How long SIGTERM waits for what runs (drain-timeout-millis).")
    private @Nullable Integer drainTimeout;

    @Option(names = "--log-format", description = "text or json (log.format).")
    private @Nullable String logFormat;

    @Option(names = "--log-requests", description = "A line per request (log.requests).")
    private boolean logRequests;

    @Option(
            names = "--check",
            description = "Start, print the ready line, stop: proves configuration and models.")
    private boolean check;

    @Option(
            names = "--print-config",
            description = "Print every key with its value and source, and exit.")
    private boolean printConfig;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        LoadedConfig loaded = load();
        if (printConfig) {
            out.print(loaded.print());
            out.flush();
            return 0;
        }
        Logging.configure(loaded.config().log());
        var stopped = new CountDownLatch(1);
        Server server = Server.start(loaded.config());
        if (check) {
            out.println(readyLine(server, loaded.config()));
            out.flush();
            server.close();
            return 0;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, stopped), "shutdown"));
        out.println(readyLine(server, loaded.config()));
        out.flush();
        server.settle();
        stopped.await();
        return 0;
    }

    private LoadedConfig load() {
        var loader = new ConfigLoader().environment(System.getenv());
        if (config != null) {
            loader.file(config);
        }
        settings.forEach(loader::set);
        flag(loader, "--host", "http.host", host);
        flag(loader, "--port", "http.port", port);
        flag(loader, "--models", "models.dir", models);
        flag(loader, "--journal", "journal.dir", journal);
        flag(loader, "--log-format", "log.format", logFormat);
        flag(loader, "--no-journal", "journal.enabled", noJournal ? "false" : null);
        flag(loader, "--log-requests", "log.requests", logRequests ? "true" : null);
        flag(
                loader,
                "--drain-timeout",
                "drain-timeout-millis",
                drainTimeout == null ? null : Long.toString(drainTimeout * 1000L));
        return loader.load();
    }

    private static void flag(ConfigLoader loader, String flag, String key, @Nullable String value) {
        if (value != null) {
            loader.flag(flag, key, value);
        }
    }

    /** Runs on: the shutdown hook. Exits 0: the JVM's own code after SIGTERM would be 143. */
    private static void stop(Server server, CountDownLatch stopped) {
        server.drain();
        server.close();
        stopped.countDown();
        Runtime.getRuntime().halt(0);
    }

    private static String readyLine(Server server, ServerConfig config) {
        String names =
                server.models().all().stream()
                        .map(entry -> entry.name())
                        .collect(Collectors.joining(", "));
        long millis =
                System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        return "millrace ready on http://%s:%d%s (models: %s; journal: %s) in %d ms"
                .formatted(
                        config.http().host(),
                        server.port(),
                        server.aeronAddress().isEmpty() ? "" : " and " + server.aeronAddress(),
                        names,
                        server.journalDir() == null ? "off" : server.journalDir(),
                        millis);
    }
}

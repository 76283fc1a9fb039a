package dev.millrace.tools.replay;

import dev.millrace.tools.load.Load;
import dev.millrace.tools.load.LoadOptions;
import dev.millrace.tools.load.Speed;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How requests are sent, wherever they come from. */
final class SendOptions {
    private static final int MOST_CONNECTIONS = 16_384;
    private static final int CONNECTIONS_AT_MAX = 16;
    private static final int CONNECTIONS_ON_SCHEDULE = 1024;

    @Option(
            names = "--speed",
            paramLabel = "N|max",
            defaultValue = "1",
            description = {
                "distances between requests are divided by it; max sends as fast as --connections",
                "allows (${DEFAULT-VALUE})"
            })
    private String speed = "1";

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = {
                "requests under way at once (16 with --speed max, else 1024); on a schedule, one",
                "that finds none free waits, and is late"
            })
    private @Nullable Integer connections;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            description = "sent with every request: keys are never recorded")
    private @Nullable String apiKey;

    /**
     * A load of that server, as the options say.
     *
     * @throws dev.millrace.config.ConfigException where one cannot be used
     */
    Load load(URI server) {
        Speed parsed = Speed.parse("--speed", speed);
        int most = parsed.isMax() ? CONNECTIONS_AT_MAX : CONNECTIONS_ON_SCHEDULE;
        if (connections != null) {
            LoadOptions.inRange("--connections", connections, 1, MOST_CONNECTIONS);
            most = connections;
        }
        return new Load(server, parsed, most, apiKey);
    }
}

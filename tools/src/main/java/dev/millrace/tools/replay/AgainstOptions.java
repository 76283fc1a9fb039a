package dev.millrace.tools.replay;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where recorded traffic is sent, how fast, and when an answer counts as the same. */
final class AgainstOptions {
    @Option(
            names = "--against",
            paramLabel = "URL",
            description = {
                "send the requests to that server at their recorded spacing and compare the",
                "answers; scheme, host and port, as in http://127.0.0.1:8080"
            })
    @Nullable URI server;

    @Option(
            names = "--speed",
            paramLabel = "N|max",
            defaultValue = "1",
            description = {
                "recorded spacing is divided by it; max sends as fast as --connections allows",
                "(${DEFAULT-VALUE})"
            })
    String speed = "1";

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "0",
            description = "requests under way at once (16 with --speed max, else 1024)")
    int connections;

    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            description = "sent with every request: keys are never recorded")
    @Nullable String apiKey;
}

package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import dev.millrace.tools.load.ServerUrl;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where recorded traffic is sent, and when an answer counts as the same. */
final class AgainstOptions {
    @Option(
            names = "--against",
            paramLabel = "URL",
            converter = ServerUrl.class,
            description = {
                "send the requests to that server at their recorded spacing and compare the",
                "answers; scheme, host and port, as in http://127.0.0.1:8080"
            })
    @Nullable URI server;

    @Mixin SendOptions sending = new SendOptions();

    @Option(
            names = "--tolerance",
            paramLabel = "D",
            defaultValue = "1e-5",
            description = {
                "largest difference of two numbers of vectors or tensors that counts as none",
                "(${DEFAULT-VALUE})"
            })
    double tolerance = 1e-5;

    double tolerance() {
        if (!(tolerance >= 0)) {
            throw new ConfigException("--tolerance", tolerance, "a number of at least 0");
        }
        return tolerance;
    }
}

package dev.millrace.tools.replay;

import dev.millrace.journal.IngressRecord;
import dev.millrace.tools.load.Outgoing.Header;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a recorded request line and the kept headers are sent again as. Stateless. */
final class RecordedHead {
    /**
     * The client counts the body itself, and a replay is no part of the trace it was recorded in.
     */
    private static final Set<String> LEFT_OUT =
            Set.of("content-length", "traceparent", "tracestate");

    private RecordedHead() {}

    /** Path and query as they were sent; of the route where the line was too long to be kept. */
    static String path(IngressRecord ingress) {
        String[] line = ingress.head().lines().findFirst().orElse("").split(" ", -1);
        return line.length == 3 && line[1].startsWith("/") ? line[1] : routePath(ingress);
    }

    private static String routePath(IngressRecord ingress) {
        String version = ingress.pathVersion();
        String path = ingress.route().path();
        if (version != null) {
            path = path.replace("{model}", "{model}/versions/" + encoded(version));
        }
        return path.replace("{model}", encoded(ingress.pathModel()));
    }

    private static String encoded(@Nullable String name) {
        return name == null
                ? ""
                : URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static List<Header> headers(IngressRecord ingress) {
        return ingress.head()
                .lines()
                .skip(1)
                .map(line -> line.split(":", 2))
                .filter(parts -> parts.length == 2)
                .map(parts -> new Header(parts[0].strip(), parts[1].strip()))
                .filter(header -> !LEFT_OUT.contains(header.name().toLowerCase(Locale.ROOT)))
                .toList();
    }
}

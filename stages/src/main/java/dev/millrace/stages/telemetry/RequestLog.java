package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import java.util.HexFormat;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line per request that ended, with key-value pairs for whatever prints them; for {@code
 * log.requests}. Runs on: the {@code telemetry} thread.
 */
final class RequestLog {
    private static final Logger LOG = LoggerFactory.getLogger("millrace.request");
    private static final double NANOS_PER_MILLI = 1e6;

    private RequestLog() {}

    static void write(RequestContext context) {
        Stamps stamps = context.stamps;
        LoggingEventBuilder line =
                LOG.atInfo()
                        .addKeyValue("id", HexFormat.of().toHexDigits(context.requestId))
                        .addKeyValue("client_id", context.clientRequestId)
                        .addKeyValue("route", context.route.path())
                        .addKeyValue("model", TelemetryHandler.modelName(context))
                        .addKeyValue("status", context.status.name().toLowerCase(Locale.ROOT))
                        .addKeyValue("http_status", context.status.httpStatus())
                        .addKeyValue("stream", context.stream)
                        .addKeyValue("prompt_tokens", context.promptTokens)
                        .addKeyValue("completion_tokens", context.completionTokens)
                        .addKeyValue("total_ms", stamps.totalNanos() / NANOS_PER_MILLI);
        for (int i = 0; i < Stamps.PARTITION.size(); i++) {
            Stage stage = Stamps.PARTITION.get(i);
            if (stamps.doneNanos(stage) != 0) {
                line =
                        line.addKeyValue(
                                stage.label().replace('-', '_') + "_ms",
                                stamps.durationNanos(i) / NANOS_PER_MILLI);
            }
        }
        if (!context.traceparent.isEmpty()) {
            line = line.addKeyValue("traceparent", context.traceparent);
        }
        if (!context.errorMessage.isEmpty()) {
            line = line.addKeyValue("error", context.errorMessage);
        }
        line.log("request");
    }
}

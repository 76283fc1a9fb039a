package dev.millrace.stages.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.millrace.ringbuffer.FinishReason;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

class RequestLogTest {
    @Test
    void shouldWriteOneLinePerRequestWithItsFacts() throws Exception {
        List<ILoggingEvent> lines = logged(true);
        assertThat(lines).hasSize(2);
        Map<String, Object> completion = pairs(lines.getFirst());
        assertThat(completion)
                .containsEntry("id", "0000000000000001")
                .containsEntry("route", "/v1/completions")
                .containsEntry("model", "tiny")
                .containsEntry("status", "ok")
                .containsEntry("http_status", 200)
                .containsEntry("prompt_tokens", 5)
                .containsEntry("completion_tokens", 2)
                .containsEntry("total_ms", 0.0078)
                .containsEntry("rate_limit_ms", 0.000007)
                .doesNotContainKey("error");
        assertThat(pairs(lines.getLast()))
                .containsEntry("http_status", 429)
                .containsEntry("error", "too many")
                .doesNotContainKey("infer_ms");
    }

    @Test
    void shouldWriteNothingWhereNotAskedFor() throws Exception {
        assertThat(logged(false)).isEmpty();
    }

    private static List<ILoggingEvent> logged(boolean logRequests) throws Exception {
        var appender = new ListAppender<ILoggingEvent>();
        var logger = (Logger) LoggerFactory.getLogger("millrace.request");
        logger.setAdditive(false);
        logger.addAppender(appender);
        appender.start();
        try (var ended = new Ended(logRequests)) {
            ended.end(ended.completion(), FinishReason.STOP, 1, 2);
            ended.refused();
        } finally {
            logger.detachAppender(appender);
        }
        return appender.list;
    }

    private static Map<String, Object> pairs(ILoggingEvent line) {
        return line.getKeyValuePairs().stream()
                .collect(Collectors.toMap((KeyValuePair pair) -> pair.key, pair -> pair.value));
    }
}

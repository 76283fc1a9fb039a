package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ErrorBodiesTest {
    private static String encode(
            Route.Dialect dialect, RequestStatus status, String message, @Nullable String param) {
        return new String(
                ErrorBodies.encode(dialect, status, message, param), StandardCharsets.UTF_8);
    }

    @Test
    void shouldCarryAllFourKeysInTheDialectOfOpenAi() {
        assertThat(encode(Route.Dialect.OPENAI, RequestStatus.INVALID, "no such field", null))
                .isEqualTo(
                        "{\"error\":{\"message\":\"no such field\",\"type\":"
                                + "\"invalid_request_error\",\"param\":null,\"code\":null}}");
        assertThat(encode(Route.Dialect.OPENAI, RequestStatus.MODEL_NOT_FOUND, "none", "model"))
                .isEqualTo(
                        "{\"error\":{\"message\":\"none\",\"type\":\"invalid_request_error\","
                                + "\"param\":\"model\",\"code\":\"model_not_found\"}}");
    }

    @Test
    void shouldBeOneStringInTheDialectOfKServe() {
        assertThat(encode(Route.Dialect.KSERVE, RequestStatus.OVERLOADED, "full", "ignored"))
                .isEqualTo("{\"error\":\"full\"}");
    }

    @Test
    void shouldEscapeWhatJsonReserves() {
        assertThat(encode(Route.Dialect.KSERVE, RequestStatus.INVALID, "a\"b\\c\nd\u0001\t", null))
                .isEqualTo("{\"error\":\"a\\\"b\\\\c\\nd\\u0001\\u0009\"}");
    }

    @Test
    void shouldWriteEveryPlaneAsUtf8AndReplaceHalfPairs() {
        String planes = "é€\uD83D\uDE00";
        assertThat(encode(Route.Dialect.KSERVE, RequestStatus.INVALID, planes + "\uD83D!", null))
                .isEqualTo("{\"error\":\"" + planes + "\uFFFD!\"}");
    }

    @Test
    void shouldNeverNeedMoreThanItSays() {
        String worst = "\u0001".repeat(100);
        for (RequestStatus status : RequestStatus.values()) {
            assertThat(ErrorBodies.encode(Route.Dialect.OPENAI, status, worst, worst).length)
                    .isLessThanOrEqualTo(ErrorBodies.maxBytes(worst, worst));
        }
    }
}

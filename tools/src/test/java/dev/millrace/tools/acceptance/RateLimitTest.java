package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A caller over its limit is told so, and for how long; others do not notice. */
class RateLimitTest {
    private static final String REQUEST = DemoModelTest.completion("Emma", 8, "{}");

    @TempDir Path journal;

    private static Answer as(RunningServer server, String key) {
        return server.client()
                .send(
                        server.client()
                                .request("/v1/completions")
                                .header("content-type", "application/json")
                                .header("authorization", "Bearer " + key)
                                .POST(BodyPublishers.ofString(REQUEST))
                                .build());
    }

    @Test
    void shouldRefuseTheRequestBeyondACallersLimit() {
        try (RunningServer server = Setup.recordingTo(journal).rateLimit(3, 0).start()) {
            for (int i = 0; i < 3; i++) {
                Answer allowed = as(server, "sk-emma");
                assertThat(allowed.status()).isEqualTo(200);
                assertThat(allowed.header("x-ratelimit-limit-requests")).isEqualTo("3");
                assertThat(allowed.header("x-ratelimit-remaining-requests"))
                        .isEqualTo("" + (2 - i));
            }

            Answer refused = as(server, "sk-emma");

            assertRefused(refused);
            assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
            assertThat(as(server, "sk-harriet").status()).isEqualTo(200);
            assertThat(server.client().post("/v1/completions", REQUEST).status()).isEqualTo(200);
        }
    }

    @Test
    void shouldRefuseTheTokensBeyondACallersLimit() {
        try (RunningServer server = Setup.recordingTo(journal).rateLimit(0, 25).start()) {
            Answer allowed = as(server, "sk-emma");
            assertThat(allowed.status()).isEqualTo(200);
            assertThat(allowed.header("x-ratelimit-limit-tokens")).isEqualTo("25");
            as(server, "sk-emma");

            Answer refused = as(server, "sk-emma");

            assertRefused(refused);
            assertThat(as(server, "sk-harriet").status()).isEqualTo(200);
        }
    }

    private static void assertRefused(Answer refused) {
        assertThat(refused.status()).as("%s", refused).isEqualTo(429);
        assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 60);
        assertThat(refused.error().path("type").stringValue()).isEqualTo("rate_limit_error");
        assertThat(refused.error().path("code").stringValue()).isEqualTo("rate_limit_exceeded");
    }
}

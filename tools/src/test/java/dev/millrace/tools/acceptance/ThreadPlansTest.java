package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ThreadsConfig.Plan;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same handlers answer the same whichever threads they run on. */
class ThreadPlansTest {
    @TempDir Path journal;

    @ParameterizedTest
    @EnumSource(value = Plan.class, names = "AUTO", mode = EnumSource.Mode.EXCLUDE)
    void shouldServeTheGoldenRequest(Plan plan) {
        try (RunningServer server = Setup.recordingTo(journal).plan(plan).start()) {
            for (Golden.Continuation golden : Golden.austen()) {
                String request =
                        DemoModelTest.completion(golden.prompt(), golden.ids().length, "{}");
                String stream = Json.with(request, "{\"stream\":true}");

                assertThat(
                                server.client()
                                        .post("/v1/completions", request)
                                        .json()
                                        .path("choices")
                                        .path(0)
                                        .path("text")
                                        .stringValue())
                        .isEqualTo(golden.text());
                assertThat(Sse.completionText(server.client().stream("/v1/completions", stream)))
                        .isEqualTo(golden.text());
            }
            assertThat(server.client().post("/v1/completions", "{}").status()).isEqualTo(400);
            assertThat(threads())
                    .contains("lane-austen-2.8m")
                    .contains(PlanThreads.of(plan, "door I/O-1"));
            assertThat(threads()).doesNotContain("stages");
        }
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .collect(Collectors.toSet());
    }
}

package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a request gets does not depend on who else is there, and nothing of it stays behind. */
class ConcurrentStreamsTest {
    private static final int STREAMS = 64;
    private static final List<String> OPENINGS =
            List.of(
                    "It is a truth universally acknowledged",
                    "Emma Woodhouse, handsome, clever, and rich,",
                    "Mr. Darcy",
                    "My dear Miss",
                    "The family of Dashwood had long been settled in Sussex.",
                    "\"I have no doubt,\" said Elizabeth,",
                    "Captain Wentworth",
                    "No one who had ever seen Catherine Morland in her infancy");

    @TempDir static Path journal;
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = Setup.recordingTo(journal).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Stream {@code i}: a third greedy, the others sampled with seeds of their own. */
    private static String request(int i) {
        String prompt = OPENINGS.get(i % OPENINGS.size());
        String sampling =
                i % 3 == 0
                        ? "{\"stream\":true}"
                        : """
                        {"stream":true,"temperature":%s,"top_p":0.95,"top_k":%d,"seed":%d}\
                        """
                                .formatted(0.5 + (i % 5) * 0.25, 20 + i, 1775 + i);
        return DemoModelTest.completion(prompt, 24 + i % 40, sampling);
    }

    @Test
    void shouldGiveEachOfSixtyFourStreamsWhatItGetsAlone() throws Exception {
        List<String> alone = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            alone.add(text(server.client().stream("/v1/completions", request(i))));
        }
        int kept = server.liveKept();
        long steps = server.counter(Counter.STEPS);

        List<String> together = allAtOnce();

        assertThat(together).containsExactlyElementsOf(alone);
        long stepsTogether = server.counter(Counter.STEPS) - steps;
        assertThat(stepsTogether)
                .as("steps shared by all streams; alone they took %s", steps)
                .isLessThan(steps / 4);
        assertThat(server.liveKept()).as("native objects").isEqualTo(kept);
    }

    private static List<String> allAtOnce() throws InterruptedException, ExecutionException {
        var start = new CountDownLatch(1);
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                String request = request(i);
                answers.add(
                        callers.submit(() -> {
                            start.await();
                            return text(server.client().stream("/v1/completions", request));
                        }));
            }
            start.countDown();
            List<String> texts = new ArrayList<>();
            for (Future<String> answer : answers) {
                texts.add(answer.get());
            }
            return texts;
        }
    }

    private static String text(List<JsonNode> chunks) {
        JsonNode last = chunks.getLast().path("choices").path(0);
        assertThat(last.path("finish_reason").stringValue()).isIn("length", "stop");
        return Sse.completionText(chunks);
    }
}

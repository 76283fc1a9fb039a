package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Choices, log probabilities, echoes and deadlines over HTTP, against what others computed. */
class CompleteSamplingTest {
    /** What the golden file recommends. */
    private static final double TOLERANCE = 0.001;

    /** The first continuation's likeliest first tokens; golden.json, first_step_top5. */
    private static final String[] TOP = {",", " to", ".", " for", " that"};

    private static final double[] TOP_LOGITS = {6.99772, 6.94532, 6.57205, 6.35718, 5.99006};

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

    static List<Golden.Continuation> golden() {
        return Golden.austen();
    }

    private static String body(Golden.Continuation golden, String more) {
        return DemoModelTest.completion(golden.prompt(), golden.ids().length, more);
    }

    private static JsonNode complete(Golden.Continuation golden, String more) {
        Answer answer = server.client().post("/v1/completions", body(golden, more));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return answer.json();
    }

    private static List<String> texts(JsonNode answer) {
        return Json.list(answer.path("choices")).stream()
                .map(choice -> choice.path("text").stringValue())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void shouldGiveEveryGreedyChoiceTheSameText(Golden.Continuation golden) {
        JsonNode answer = complete(golden, "{\"n\":3}");

        assertThat(texts(answer)).containsExactly(golden.text(), golden.text(), golden.text());
        assertThat(answer.at("/usage/prompt_tokens").intValue())
                .isEqualTo(golden.promptIds().length);
        assertThat(answer.at("/usage/completion_tokens").intValue())
                .isEqualTo(3 * golden.ids().length);
    }

    @Test
    void shouldDrawChoicesApartAndTheSameEachTime() {
        Golden.Continuation golden = golden().getFirst();
        String sampled = "{\"n\":4,\"temperature\":1,\"seed\":1813}";
        List<String> once = texts(complete(golden, sampled));

        assertThat(new HashSet<>(once)).hasSize(4);
        assertThat(texts(complete(golden, sampled))).isEqualTo(once);
        assertThat(texts(complete(golden, "{\"temperature\":1,\"seed\":1813}")))
                .containsExactly(once.getFirst());
    }

    @Test
    void shouldAnswerTheBestAndCountTheRest() {
        Golden.Continuation golden = golden().getFirst();
        String fields =
                "{\"n\":2,\"best_of\":6,\"logprobs\":0,\"temperature\":1,\"seed\":7,"
                        + "\"ignore_eos\":true}";
        JsonNode answer = complete(golden, fields);

        assertThat(answer.path("choices").size()).isEqualTo(2);
        assertThat(answer.at("/usage/completion_tokens").intValue())
                .isEqualTo(6 * golden.ids().length);
        double mean = meanLogprob(answer.at("/choices/0/logprobs/token_logprobs"));
        assertThat(mean)
                .isGreaterThanOrEqualTo(
                        meanLogprob(answer.at("/choices/1/logprobs/token_logprobs")));
    }

    private static double meanLogprob(JsonNode logprobs) {
        return Json.list(logprobs).stream()
                .mapToDouble(JsonNode::doubleValue)
                .average()
                .orElseThrow();
    }

    @Test
    void shouldTellHowLikelyTheAlternativesAre() {
        Golden.Continuation golden = golden().getFirst();
        JsonNode logprobs =
                complete(golden, "{\"logprobs\":5}").path("choices").path(0).path("logprobs");

        JsonNode first = logprobs.at("/top_logprobs/0");
        assertThat(first.propertyNames()).containsExactly(TOP);
        double best = first.path(TOP[0]).doubleValue();
        for (int i = 0; i < TOP.length; i++) {
            assertThat(first.path(TOP[i]).doubleValue() - best)
                    .isCloseTo(TOP_LOGITS[i] - TOP_LOGITS[0], within(TOLERANCE));
        }
        var text = new StringBuilder();
        for (int i = 0; i < golden.ids().length; i++) {
            assertThat(logprobs.path("text_offset").path(i).intValue()).isEqualTo(text.length());
            text.append(logprobs.path("tokens").path(i).stringValue());
            JsonNode top = logprobs.path("top_logprobs").path(i);
            double mass = Json.list(top).stream().mapToDouble(p -> Math.exp(p.doubleValue())).sum();
            assertThat(mass).isLessThan(1 + TOLERANCE);
            double likeliest =
                    Json.list(top).stream().mapToDouble(JsonNode::doubleValue).max().orElseThrow();
            assertThat(logprobs.path("token_logprobs").path(i).doubleValue()).isEqualTo(likeliest);
        }
        assertThat(text).hasToString(golden.text());
    }

    /** What a token was given when it was generated is what it gets as part of a prompt. */
    @ParameterizedTest
    @MethodSource("golden")
    void shouldScoreAnAnswerAsAPromptAsWhenItWasGenerated(Golden.Continuation golden) {
        JsonNode generated =
                complete(golden, "{\"logprobs\":0}").at("/choices/0/logprobs/token_logprobs");
        int prompt = golden.promptIds().length;
        int[] all = Arrays.copyOf(golden.promptIds(), prompt + golden.ids().length);
        System.arraycopy(golden.ids(), 0, all, prompt, golden.ids().length);

        JsonNode answer =
                complete(
                        golden,
                        "{\"prompt\":"
                                + Arrays.toString(all)
                                + ",\"max_tokens\":0,\"echo\":true,\"logprobs\":0}");

        JsonNode scored = answer.at("/choices/0/logprobs/token_logprobs");
        assertThat(texts(answer)).containsExactly(golden.prompt() + golden.text());
        assertThat(answer.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(answer.at("/usage/completion_tokens").intValue()).isZero();
        assertThat(scored.size()).isEqualTo(all.length);
        assertThat(scored.path(0).isNull()).isTrue();
        for (int i = 0; i < generated.size(); i++) {
            assertThat(scored.path(prompt + i).doubleValue())
                    .isCloseTo(generated.path(i).doubleValue(), within(TOLERANCE));
        }
    }

    @Test
    void shouldEchoATextBeforeEachChoice() {
        Golden.Continuation golden = golden().getFirst();

        assertThat(texts(complete(golden, "{\"n\":2,\"echo\":true}")))
                .containsOnly(golden.prompt() + golden.text())
                .hasSize(2);
    }

    @Test
    void shouldTellOfThePromptAsVllmDoes() {
        Golden.Continuation golden = golden().getFirst();
        JsonNode told =
                complete(golden, "{\"prompt_logprobs\":2}").at("/choices/0/prompt_logprobs");

        assertThat(told.size()).isEqualTo(golden.promptIds().length);
        assertThat(told.path(0).isNull()).isTrue();
        for (int i = 1; i < told.size(); i++) {
            JsonNode own = told.path(i).path(Integer.toString(golden.promptIds()[i]));
            assertThat(own.path("rank").intValue()).isPositive();
            assertThat(own.path("logprob").doubleValue()).isNegative();
            assertThat(told.path(i).size()).isEqualTo(own.path("rank").intValue() <= 2 ? 2 : 3);
        }
    }

    @Test
    void shouldStreamChoicesThatJoinToTheWhole() {
        Golden.Continuation golden = golden().getFirst();
        String fields = "{\"n\":3,\"temperature\":1,\"seed\":5,\"logprobs\":1,\"echo\":true}";
        JsonNode whole = complete(golden, fields);
        var texts =
                new StringBuilder[] {new StringBuilder(), new StringBuilder(), new StringBuilder()};
        var tokens = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

        for (JsonNode chunk :
                server.client().stream(
                        "/v1/completions", body(golden, Json.with(fields, "{\"stream\":true}")))) {
            JsonNode choice = chunk.path("choices").path(0);
            int index = choice.path("index").intValue();
            texts[index].append(choice.path("text").stringValue());
            tokens.get(index).addAll(Json.list(choice.at("/logprobs/tokens")));
        }

        for (int i = 0; i < 3; i++) {
            JsonNode choice = whole.path("choices").path(i);
            assertThat(texts[i]).hasToString(choice.path("text").stringValue());
            assertThat(tokens.get(i)).isEqualTo(Json.list(choice.at("/logprobs/tokens")));
        }
    }

    @Test
    void shouldGiveUpAtTheCallersDeadline() {
        HttpRequest late =
                server.client()
                        .request("/v1/completions")
                        .header("content-type", "application/json")
                        .header("x-request-deadline-ms", "1")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        body(
                                                golden().getFirst(),
                                                "{\"max_tokens\":400,\"ignore_eos\":true}")))
                        .build();
        Answer answer = server.client().send(late);

        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.error().path("code").stringValue()).isEqualTo("deadline_exceeded");
        assertThat(complete(golden().getFirst(), "{}").path("choices").size()).isEqualTo(1);
    }
}

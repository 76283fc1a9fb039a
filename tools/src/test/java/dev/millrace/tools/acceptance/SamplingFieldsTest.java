package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Penalties, biases and min-p over HTTP: each changes the tokens as it should, or not at all. */
class SamplingFieldsTest {
    private static final String NEUTRAL =
            """
            {"min_p":0,"repetition_penalty":1,"presence_penalty":0,"frequency_penalty":0,
             "logit_bias":{}}\
            """;

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

    private static int[] ids(Golden.Continuation golden, String more) {
        String request =
                DemoModelTest.completion(
                        golden.prompt(),
                        golden.ids().length,
                        Json.with("{\"return_token_ids\":true}", more));
        Answer answer = server.client().post("/v1/completions", request);
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode choice = answer.json().path("choices").path(0);
        return Json.ints(choice.path("token_ids"));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void shouldChangeNothingWithNeutralValues(Golden.Continuation golden) {
        assertThat(ids(golden, NEUTRAL)).containsExactly(golden.ids());
    }

    @Test
    void shouldKeepTheLikeliestTokenWithTheHighestMinP() {
        Golden.Continuation golden = golden().getFirst();

        assertThat(ids(golden, "{\"temperature\":1.5,\"min_p\":1,\"seed\":7}"))
                .containsExactly(golden.ids());
        assertThat(ids(golden, "{\"temperature\":1.5,\"seed\":7}")).isNotEqualTo(golden.ids());
    }

    @Test
    void shouldForceATokenWithAHighBias() {
        Golden.Continuation golden = golden().getFirst();

        assertThat(ids(golden, "{\"logit_bias\":{\"364\":100}}")).containsOnly(364);
        assertThat(ids(golden, "{\"temperature\":1,\"seed\":3,\"logit_bias\":{\"364\":100}}"))
                .containsOnly(364);
    }

    @Test
    void shouldForbidATokenWithALowBias() {
        Golden.Continuation golden = golden().getFirst();
        int first = golden.ids()[0];

        int[] ids = ids(golden, "{\"logit_bias\":{\"" + first + "\":-100}}");

        assertThat(ids).hasSameSizeAs(golden.ids()).doesNotContain(first);
    }

    /** Until a token comes back there is nothing to penalise; from there on there is. */
    @Test
    void shouldLeaveAGreedyLoopWithAPenaltyOnTheAnswer() {
        Golden.Continuation golden = golden().getFirst();
        int fresh = firstRepeat(golden.ids());
        for (String field : List.of("frequency_penalty", "presence_penalty")) {
            int[] ids = ids(golden, "{\"" + field + "\":2}");

            assertThat(ids).as(field).startsWith(Arrays.copyOf(golden.ids(), fresh));
            assertThat(distinct(ids)).as(field).hasSizeGreaterThan(distinct(golden.ids()).size());
        }
    }

    @Test
    void shouldPenaliseThePromptToo() {
        Golden.Continuation golden = golden().getFirst();
        Set<Integer> prompt = distinct(golden.promptIds());

        int[] ids = ids(golden, "{\"repetition_penalty\":100}");
        int[] repeating = ids(golden, "{\"repetition_penalty\":0.01}");

        assertThat(distinct(ids)).hasSameSizeAs(ids).doesNotContainAnyElementsOf(prompt);
        assertThat(prompt).contains(repeating[0]);
    }

    @Test
    void shouldGiveTheSameTokensAloneAndInCompany() {
        String sampled =
                """
                {"temperature":0.9,"seed":1813,"min_p":0.02,"repetition_penalty":1.2,
                 "presence_penalty":0.5,"frequency_penalty":0.5,"logit_bias":{"45":3}}\
                """;
        Golden.Continuation golden = golden().getFirst();
        int[] alone = ids(golden, sampled);

        List<CompletableFuture<int[]>> company =
                IntStream.range(0, 8)
                        .mapToObj(i ->
                                CompletableFuture.supplyAsync(() ->
                                        ids(
                                                golden,
                                                i % 2 == 0
                                                        ? sampled
                                                        : Json.with(
                                                                sampled, "{\"seed\":" + i + "}"))))
                        .toList();

        for (int i = 0; i < company.size(); i += 2) {
            assertThat(company.get(i).join()).containsExactly(alone);
        }
        company.forEach(CompletableFuture::join);
    }

    private static int firstRepeat(int[] ids) {
        var seen = new HashSet<Integer>();
        int at = 0;
        while (seen.add(ids[at])) {
            at++;
        }
        return at;
    }

    private static Set<Integer> distinct(int[] ids) {
        var distinct = new HashSet<Integer>();
        for (int id : ids) {
            distinct.add(id);
        }
        return distinct;
    }
}

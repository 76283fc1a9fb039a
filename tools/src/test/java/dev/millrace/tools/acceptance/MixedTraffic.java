package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/**
 * Requests of every kind to the demo model, and where they are served to an embedder and a
 * classifier: greedy, sampled, streamed, structured, long, refused, aborted.
 *
 * <p>Any thread, with a random source of its own.
 */
final class MixedTraffic {
    static final String EMBEDDER = "all-MiniLM-L6-v2";
    static final String CLASSIFIER = "mnist-mlp";

    final AtomicInteger answers = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();
    final AtomicInteger aborted = new AtomicInteger();
    private final Client client;
    private final boolean models;

    /**
     * @param models whether the embedder and the classifier are served too
     */
    MixedTraffic(Client client, boolean models) {
        this.client = client;
        this.models = models;
    }

    /** One request of any kind, with what is checked of its answer. */
    void request(Random random) {
        int seed = random.nextInt(1000);
        switch (random.nextInt(models ? 13 : 10)) {
            case 0 -> golden(random, false);
            case 1 -> golden(random, true);
            case 2 -> whole(24, "{\"temperature\":1,\"top_p\":0.9,\"seed\":" + seed + "}", 1);
            case 3 -> whole(12, "{\"temperature\":1,\"n\":3,\"best_of\":4}", 3);
            case 4 -> form(seed);
            case 5 -> logprobs();
            case 6 -> longPrompt(random);
            case 7 -> refusal(random);
            case 8 -> abort(random);
            case 9 -> keyed(random);
            case 10 -> embeddings(random);
            case 11 -> tensors(random);
            default -> sharedPrefix(random);
        }
    }

    private void golden(Random random, boolean stream) {
        List<Golden.Continuation> all = Golden.austen();
        Golden.Continuation golden = all.get(random.nextInt(all.size()));
        int tokens = golden.ids().length;
        String text;
        if (stream) {
            String body = DemoModelTest.completion(golden.prompt(), tokens, "{\"stream\":true}");
            text = Sse.completionText(client.stream("/v1/completions", body));
        } else {
            String body = DemoModelTest.completion(golden.prompt(), tokens, "{}");
            Answer answer = client.post("/v1/completions", body);
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            text = answer.json().path("choices").path(0).path("text").asString();
        }
        assertThat(text).isEqualTo(golden.text());
        answers.incrementAndGet();
    }

    private JsonNode whole(int tokens, String more, int choices) {
        return whole("Mr. Darcy", tokens, more, choices);
    }

    private JsonNode whole(String prompt, int tokens, String more, int choices) {
        Answer answer =
                client.post("/v1/completions", DemoModelTest.completion(prompt, tokens, more));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode found = answer.json().path("choices");
        assertThat(found.size()).as("%s", answer).isEqualTo(choices);
        found.forEach(choice ->
                assertThat(choice.path("finish_reason").asString())
                        .as("%s", answer)
                        .isIn("stop", "length"));
        answers.incrementAndGet();
        return found;
    }

    private void form(int seed) {
        String more =
                "{\"temperature\":1,\"seed\":"
                        + seed
                        + ",\"structured_outputs\":{\"regex\":\"(Emma|Anne) is [1-9][0-9]\"}}";
        assertThat(whole(64, more, 1).path(0).path("text").asString())
                .matches("(Emma|Anne) is [1-9][0-9]");
    }

    private void logprobs() {
        JsonNode told = whole(8, "{\"logprobs\":3}", 1).path(0).path("logprobs");
        assertThat(told.path("tokens").size()).isEqualTo(8);
        told.path("token_logprobs")
                .forEach(logprob -> assertThat(logprob.asDouble()).isLessThanOrEqualTo(0));
    }

    private void longPrompt(Random random) {
        String prompt = "It was the best of all ".repeat(10 + random.nextInt(30));
        whole(prompt, 4, "{}", 1);
    }

    private void refusal(Random random) {
        String body =
                switch (random.nextInt(3)) {
                    case 0 -> DemoModelTest.completion("Emma", 4, "{\"temperature\":-1}");
                    case 1 -> "{\"model\":";
                    default ->
                            DemoModelTest.completion(
                                    "Emma", 4, "{\"structured_outputs\":{\"regex\":\"(a\"}}");
                };
        Answer answer = client.post("/v1/completions", body);
        assertThat(answer.status()).as("%s", answer).isEqualTo(400);
        assertThat(answer.error().path("message").asString()).isNotBlank();
        refused.incrementAndGet();
    }

    private void abort(Random random) {
        String body =
                DemoModelTest.completion(
                        "Captain Wentworth", 400, "{\"stream\":true,\"temperature\":1}");
        try (var connection = new RawConnection(client.base())) {
            connection.send(RawConnection.post("/v1/completions", body));
            if (random.nextBoolean()) {
                connection.readUntil("data: ");
            }
            connection.reset();
        }
        aborted.incrementAndGet();
    }

    /**
     * One of few keys, so that many come again: answered anew, from the record, or told to wait.
     */
    private void keyed(Random random) {
        int key = random.nextInt(5);
        Answer answer =
                client.send(
                        client.request("/v1/completions")
                                .header("content-type", "application/json")
                                .header("idempotency-key", "key-" + key)
                                .POST(
                                        BodyPublishers.ofString(
                                                DemoModelTest.completion(
                                                        "Miss Bates " + key,
                                                        10,
                                                        "{\"temperature\":1}")))
                                .build());
        assertThat(answer.status()).as("%s", answer).isIn(200, 409);
        answers.incrementAndGet();
    }

    private void embeddings(Random random) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
            texts.add("a truth universally acknowledged ".repeat(1 + random.nextInt(12)));
        }
        Map<String, Object> body = Map.of("model", EMBEDDER, "input", texts);
        Answer answer = client.post("/v1/embeddings", Json.object(body));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        answers.incrementAndGet();
    }

    private void tensors(Random random) {
        float[] digit = new float[784];
        for (int i = 0; i < digit.length; i++) {
            digit[i] = random.nextFloat();
        }
        Answer answer = KServe.inferBinary(client, CLASSIFIER, "INPUT__0", List.of(1, 784), digit);
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        answers.incrementAndGet();
    }

    private void sharedPrefix(Random random) {
        String beginning = "It is a truth universally acknowledged, that a single man ".repeat(4);
        whole(beginning + random.nextInt(5), 12, "{\"temperature\":0.8}", 1);
    }
}

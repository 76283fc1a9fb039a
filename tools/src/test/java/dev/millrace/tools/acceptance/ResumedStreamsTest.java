package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that comes back with {@code Last-Event-ID} gets the rest of its stream, and no more. */
class ResumedStreamsTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String SAMPLED = "{\"stream\":true,\"temperature\":1,\"ignore_eos\":true}";

    @TempDir static Path folder;
    private static RunningServer server;

    @BeforeAll
    static void start() throws IOException {
        server =
                Setup.recordingTo(folder.resolve("journal"))
                        .models(ManyModels.under(folder))
                        .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Answer ask(Client client, String path, String json, String lastEventId) {
        HttpRequest.Builder request = client.request(path).POST(BodyPublishers.ofString(json));
        if (!lastEventId.isEmpty()) {
            request.header("Last-Event-ID", lastEventId);
        }
        return client.send(request.build());
    }

    private static List<String> events(String path, String json, String lastEventId) {
        Answer answer = ask(server.client(), path, json, lastEventId);
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return Sse.events(answer.text());
    }

    private static void shouldGoOnBehindEveryEvent(String path, String json) {
        List<String> whole = events(path, json, "");
        int resumed = 0;
        for (int i = 0; i < whole.size(); i++) {
            String id = Sse.id(whole.get(i));
            if (!id.isEmpty()) {
                assertThat(events(path, json, id))
                        .as("behind event %d of %s", i, whole)
                        .isEqualTo(whole.subList(i + 1, whole.size()));
                resumed++;
            }
        }
        assertThat(resumed).isPositive();
        assertThat(whole.getLast()).isEqualTo("data: [DONE]\n\n");
    }

    @Test
    void shouldGoOnBehindEveryEventOfACompletion() {
        shouldGoOnBehindEveryEvent(
                COMPLETIONS,
                DemoModelTest.completion(
                        "It was — ",
                        14,
                        "{\"stream\":true,\"temperature\":1,\"echo\":true,\"logprobs\":1,"
                                + "\"return_token_ids\":true,\"stream_options\":"
                                + "{\"include_usage\":true}}"));
    }

    @Test
    void shouldGoOnBehindEveryEventOfAChatWithChoices() {
        shouldGoOnBehindEveryEvent(
                CHAT,
                "{\"model\":\"emma\",\"max_tokens\":5,\"temperature\":1,\"n\":3,\"stream\":true,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Mr. Knightley\"}]}");
    }

    @Test
    void shouldGoOnWithAStreamThatItsClientLost() {
        String json = DemoModelTest.completion("Captain Wentworth", 300, SAMPLED);
        List<String> begin = lose(server.client(), json, 8);
        server.awaitIdle();

        List<String> rest = events(COMPLETIONS, json, Sse.id(begin.getLast()));

        var joined = new ArrayList<>(begin);
        joined.addAll(rest);
        // The same stream, read again from its first event on, is on record whole.
        List<String> tail = events(COMPLETIONS, json, Sse.id(begin.getFirst()));
        assertThat(joined.subList(1, joined.size())).isEqualTo(tail);
        assertThat(joined.size()).isGreaterThan(100);
    }

    /** The first events of a stream whose client then hangs up. */
    private static List<String> lose(Client client, String json, int count) {
        try (var connection = new RawConnection(client.base())) {
            connection.send(RawConnection.post(COMPLETIONS, json));
            connection.readUntil("\r\n\r\n");
            var text = new StringBuilder();
            for (int i = 0; i < count; i++) {
                connection.readUntil("id: ");
                text.append("id: ").append(connection.readUntil("\n\n"));
            }
            connection.reset();
            return Sse.events(text.toString());
        }
    }

    @Test
    void shouldGoOnWithTheSameTextAfterTheServerWasKilled() throws Exception {
        Path dir = folder.resolve("killed");
        String json = DemoModelTest.completion("Captain Wentworth", 300, SAMPLED);
        List<String> begin = new ArrayList<>();
        try (var first = ChildServer.start(folder, "--journal", dir.toString());
                var connection = new RawConnection(first.uri())) {
            connection.send(RawConnection.post(COMPLETIONS, json));
            connection.readUntil("\r\n\r\n");
            for (int i = 0; i < 8; i++) {
                connection.readUntil("id: ");
                begin.add("id: " + connection.readUntil("\n\n"));
            }
            first.kill();
        }
        try (var second = ChildServer.start(folder, "--journal", dir.toString())) {
            Answer answer = ask(second.client(), COMPLETIONS, json, Sse.id(begin.getLast()));
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            var joined = new ArrayList<>(begin);
            joined.addAll(Sse.events(answer.text()));

            Answer tail = ask(second.client(), COMPLETIONS, json, Sse.id(begin.getFirst()));

            assertThat(tail.header("idempotent-replayed")).isEqualTo("true");
            assertThat(joined.subList(1, joined.size())).isEqualTo(Sse.events(tail.text()));
            assertThat(joined.size()).isGreaterThan(100);
        }
    }

    @Test
    void shouldSayThatAnAnswerCameOutAnother() {
        String json = DemoModelTest.completion("Anne Elliot", 12, SAMPLED);
        String id = Sse.id(events(COMPLETIONS, json, "").get(5));
        char last = id.charAt(id.length() - 1);
        String other = id.substring(0, id.length() - 1) + (last == '0' ? '1' : '0');

        Answer answer = ask(server.client(), COMPLETIONS, json, other);

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.error().path("message").stringValue()).contains("Last-Event-ID");
    }

    @Test
    void shouldRefuseWhatItCannotGoOnWith() {
        String json = DemoModelTest.completion("Anne", 3, SAMPLED);
        String id = Sse.id(events(COMPLETIONS, json, "").getFirst());
        String whole = DemoModelTest.completion("Anne", 3, "{}");
        String longer = DemoModelTest.completion("Anne", 4, SAMPLED);
        String two = DemoModelTest.completion("Anne", 3, SAMPLED.replace("}", ",\"n\":2}"));

        refused(ask(server.client(), COMPLETIONS, json, "00000000deadbeef-1-00000001"), 404);
        refused(ask(server.client(), COMPLETIONS, longer, id), 422);
        refused(ask(server.client(), COMPLETIONS, two, id), 400);
        refused(ask(server.client(), COMPLETIONS, whole, id), 400);
        refused(ask(server.client(), COMPLETIONS, json, "7"), 400);
        refused(
                server.client()
                        .send(
                                server.client()
                                        .request(COMPLETIONS)
                                        .header("Last-Event-ID", id)
                                        .header("Authorization", "Bearer another")
                                        .POST(BodyPublishers.ofString(json))
                                        .build()),
                404);
    }

    private static void refused(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
        assertThat(answer.error().path("param").stringValue()).isEqualTo("Last-Event-ID");
        assertThat(answer.error().path("message").stringValue()).contains("Last-Event-ID");
    }
}

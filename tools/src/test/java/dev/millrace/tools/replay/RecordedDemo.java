package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.ServerConfig;
import dev.millrace.tools.serve.Server;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A journal of completions by the demo model, as a server writes it. */
final class RecordedDemo {
    private RecordedDemo() {}

    /**
     * Serves {@code count} completions of 12 tokens, sampled, as many at once as the server takes.
     *
     * @param settings {@code key=value}
     */
    static void record(Path journal, int count, String... settings) throws Exception {
        record(journal, bodies(count), false, settings);
    }

    /** The same, each when the one before is answered. */
    static void recordInTurn(Path journal, int count) throws Exception {
        record(journal, bodies(count), true);
    }

    private static List<String> bodies(int count) {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            bodies.add(
                    """
                    {"model":"austen-2.8m","prompt":"Emma %d","max_tokens":12,"temperature":1,"ignore_eos":true}
                    """
                            .formatted(i));
        }
        return bodies;
    }

    /** Serves these completions, each when the one before is answered. */
    static void recordBodies(Path journal, String... bodies) throws Exception {
        record(journal, List.of(bodies), true);
    }

    private static void record(
            Path journal, List<String> bodies, boolean inTurn, String... settings)
            throws Exception {
        var loader =
                new ConfigLoader()
                        .flag("test", "journal.dir", journal.toString())
                        .set("http.port=0");
        for (String setting : settings) {
            loader.set(setting);
        }
        ServerConfig config = loader.load().config();
        try (Server server = Server.start(config);
                HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + "/v1/completions");
            List<CompletableFuture<Integer>> answers = new ArrayList<>();
            for (String body : bodies) {
                HttpRequest request =
                        HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build();
                CompletableFuture<Integer> answer =
                        client.sendAsync(request, BodyHandlers.ofString())
                                .thenApply(response -> response.statusCode());
                answers.add(answer);
                if (inTurn) {
                    answer.join();
                }
            }
            for (CompletableFuture<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(200);
            }
            server.drain();
        }
    }
}

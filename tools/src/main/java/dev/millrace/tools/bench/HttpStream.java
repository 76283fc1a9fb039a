package dev.millrace.tools.bench;

import dev.millrace.tools.load.CompletionBody;
import dev.millrace.tools.load.EventStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A streamed completion of an OpenAI-compatible server, read as it arrives.
 *
 * <p>Tokens are what the server says in {@code usage}: a server may hold some back until they make
 * a character, and send them as one part.
 */
final class HttpStream {
    private static final int MOST_QUOTED = 300;

    private final StreamTimes times;
    private final long sentNanos = System.nanoTime();
    private long lastNanos;
    private int parts;
    private long tokens = -1;

    private HttpStream(StreamTimes times) {
        this.times = times;
    }

    /**
     * Sends a request and reads its answer to the end, into {@code times}.
     *
     * @throws IllegalStateException where it is not a stream of {@code answerTokens} tokens
     */
    static void read(
            HttpClient client,
            URI uri,
            Map<String, Object> fields,
            int answerTokens,
            StreamTimes times)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .header("content-type", "application/json")
                        .POST(
                                BodyPublishers.ofByteArray(
                                        CompletionBody.bytes(CompletionBody.withUsage(fields))))
                        .build();
        var stream = new HttpStream(times);
        try (InputStream body = send(client, request)) {
            stream.readEvents(uri, body);
        }
        if (stream.tokens != answerTokens) {
            throw new IllegalStateException(
                    "%s answered with %d tokens in %d parts; %d tokens are expected"
                            .formatted(uri, stream.tokens, stream.parts, answerTokens));
        }
        times.addTokens(answerTokens);
    }

    /** The body of a 200; anything else is told. */
    static InputStream send(HttpClient client, HttpRequest request)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> response;
        try {
            response = client.send(request, BodyHandlers.ofInputStream());
        } catch (ConnectException e) {
            throw new IOException("nothing listens at " + request.uri(), e);
        }
        if (response.statusCode() == 200) {
            return response.body();
        }
        try (InputStream body = response.body()) {
            String said = new String(body.readNBytes(MOST_QUOTED), StandardCharsets.UTF_8);
            throw new IllegalStateException(
                    request.uri() + " answered " + response.statusCode() + ": " + said);
        }
    }

    private void readEvents(URI uri, InputStream body) throws IOException {
        if (!EventStream.read(body, (data, now) -> event(parse(uri, data), now))) {
            throw new IllegalStateException(uri + " ended a stream without " + EventStream.DONE);
        }
    }

    private static JsonNode parse(URI uri, String data) {
        JsonNode event;
        try {
            event = JsonMapper.shared().readTree(data);
        } catch (JacksonException e) {
            throw new IllegalStateException(uri + " sent an event that is not JSON: " + data, e);
        }
        if (event.has("error")) {
            throw new IllegalStateException(uri + " ended a stream: " + event.path("error"));
        }
        return event;
    }

    private void event(JsonNode event, long now) {
        JsonNode choice = event.path("choices").path(0);
        if (!choice.path("text").asString("").isEmpty() || !choice.path("token_ids").isEmpty()) {
            if (parts++ == 0) {
                times.firstTokenNanos().recordValue(now - sentNanos);
            } else {
                times.interTokenNanos().recordValue(now - lastNanos);
            }
            lastNanos = now;
        }
        tokens = event.path("usage").path("completion_tokens").asLong(tokens);
    }
}

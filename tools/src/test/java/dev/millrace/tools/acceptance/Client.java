package dev.millrace.tools.acceptance;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * A caller of one server: HTTP/1.1, keep-alive, as many connections as callers at once. Checks
 * every answer it receives against the published contracts. Thread-safe.
 */
final class Client implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final URI base;
    private final HttpClient http;

    Client(URI base) {
        this(base, HttpClient.Version.HTTP_1_1);
    }

    Client(URI base, HttpClient.Version version) {
        this.base = base;
        this.http = HttpClient.newBuilder().version(version).connectTimeout(PATIENCE).build();
    }

    URI base() {
        return base;
    }

    /** A request to fill in. */
    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    }

    Answer get(String path) {
        return send(request(path).GET().build());
    }

    /** Posts JSON. */
    Answer post(String path, String json) {
        return send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(json))
                        .build());
    }

    /** Posts JSON and reads the event stream that answers it to its end. */
    List<JsonNode> stream(String path, String json) {
        Answer answer = post(path, json);
        if (answer.status() != 200) {
            throw new AssertionError("expected a stream, got " + answer);
        }
        return Sse.chunks(answer.text());
    }

    Answer send(HttpRequest request) {
        HttpResponse<byte[]> response = exchange(request);
        var answer = new Answer(response.statusCode(), response.headers(), response.body());
        Contracts.check(request.method(), request.uri().getPath(), answer);
        return answer;
    }

    /** One exchange, with what {@link Answer} leaves out, unchecked. */
    HttpResponse<byte[]> exchange(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(request.method() + " " + request.uri(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new InterruptedIOException());
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}

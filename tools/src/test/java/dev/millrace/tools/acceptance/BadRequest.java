package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.ringbuffer.Route.Dialect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that must be refused, and how.
 *
 * @param what in a few words
 * @param method HTTP method
 * @param path path on the server
 * @param headers beside those of JSON
 * @param body bytes; null for none
 * @param status expected status
 * @param dialect how the error is said
 * @param names what the error must name: OpenAI's {@code param}, a word of KServe's message; null
 *     where no field is at fault
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record BadRequest(
        String what,
        String method,
        String path,
        Map<String, String> headers,
        byte @Nullable [] body,
        int status,
        Dialect dialect,
        @Nullable String names) {

    /** A POST of JSON to an OpenAI path. */
    static BadRequest openAi(
            String what, String path, String body, int status, @Nullable String param) {
        return openAi(what, path, body.getBytes(UTF_8), status, param);
    }

    static BadRequest openAi(
            String what, String path, byte[] body, int status, @Nullable String param) {
        return new BadRequest(what, "POST", path, Map.of(), body, status, Dialect.OPENAI, param);
    }

    /** A POST of JSON to a KServe path. */
    static BadRequest kserve(
            String what, String path, String body, int status, @Nullable String word) {
        return new BadRequest(
                what, "POST", path, Map.of(), body.getBytes(UTF_8), status, Dialect.KSERVE, word);
    }

    /** A request that is wrong in method or path alone. */
    static BadRequest bare(String method, String path, int status, Dialect dialect) {
        return new BadRequest(
                method + " " + path, method, path, Map.of(), null, status, dialect, null);
    }

    BadRequest header(String name, String value) {
        return new BadRequest(
                what, method, path, Map.of(name, value), body, status, dialect, names);
    }

    HttpRequest request(Client client) {
        HttpRequest.Builder request =
                client.request(path)
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofByteArray(body));
        if (!headers.containsKey("content-type") && body != null) {
            request.header("content-type", "application/json");
        }
        headers.forEach(request::header);
        return request.build();
    }

    @Override
    public String toString() {
        return dialect + " " + what;
    }
}

package dev.millrace.tools.bench.http;

import dev.millrace.tools.load.CompletionBody;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import tools.jackson.databind.json.JsonMapper;

/** Requests as they go over the wire. */
final class Requests {
    private static final String TEXT = "The quick brown fox jumps over the lazy dog.";

    private Requests() {}

    /** Streamed, greedy completions; never the same prompt twice. */
    static Supplier<ByteBuffer> completions(
            URI server, String model, int vocabulary, int promptTokens, int answerTokens) {
        var random = new SplittableRandom();
        return () ->
                post(
                        server,
                        "/v1/completions",
                        CompletionBody.bytes(
                                CompletionBody.greedy(
                                        model,
                                        random.ints(promptTokens, 0, vocabulary).toArray(),
                                        answerTokens)));
    }

    /** One short text. */
    static Supplier<ByteBuffer> embeddings(URI server, String model) {
        Map<String, String> fields =
                Map.of("model", model, "input", TEXT, "encoding_format", "base64");
        return same(
                post(
                        server,
                        "/v1/embeddings",
                        JsonMapper.shared()
                                .writeValueAsString(fields)
                                .getBytes(StandardCharsets.UTF_8)));
    }

    /** One row of four floats as JSON: what a null model takes. */
    static Supplier<ByteBuffer> kserve(URI server, String model) {
        String body =
                "{\"inputs\":[{\"name\":\"INPUT__0\",\"shape\":[1,4],\"datatype\":\"FP32\","
                        + "\"data\":[1.0,2.0,3.0,4.0]}]}";
        return same(
                post(
                        server,
                        "/v2/models/" + model + "/infer",
                        body.getBytes(StandardCharsets.UTF_8)));
    }

    /** What stands in a file, each time. */
    static Supplier<ByteBuffer> file(URI server, String path, Path body) throws IOException {
        return same(post(server, path, Files.readAllBytes(body)));
    }

    private static Supplier<ByteBuffer> same(ByteBuffer request) {
        return () -> request;
    }

    static ByteBuffer post(URI server, String path, byte[] body) {
        byte[] head =
                ("POST "
                                + path
                                + " HTTP/1.1\r\nhost: "
                                + server.getRawAuthority()
                                + "\r\ncontent-type: application/json\r\ncontent-length: "
                                + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer request = ByteBuffer.allocateDirect(head.length + body.length);
        return request.put(head).put(body).flip();
    }
}

package dev.millrace.tools.acceptance;

import static dev.millrace.tools.acceptance.BadRequest.openAi;

import dev.millrace.ringbuffer.Route.Dialect;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** What a client of OpenAI's dialect can get wrong, against the demo model. */
final class OpenAiBadRequests {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final String GOOD = DemoModelTest.completion("Emma", 4, "{}");
    private static final int CONTEXT_TOKENS = 512;

    private final List<BadRequest> table = new ArrayList<>();

    private OpenAiBadRequests() {}

    static List<BadRequest> all() {
        var requests = new OpenAiBadRequests();
        requests.bodies();
        requests.models();
        requests.prompts();
        requests.sampling();
        requests.lengths();
        requests.otherRoutes();
        requests.paths();
        return requests.table;
    }

    private void body(String what, String body) {
        table.add(openAi(what, COMPLETIONS, body, 400, null));
    }

    /** The good request with fields replaced. */
    private void field(String changes, @Nullable String param) {
        table.add(openAi(changes, COMPLETIONS, Json.with(GOOD, changes), 400, param));
    }

    private void bodies() {
        body("no body", "");
        body("blanks alone", "   ");
        body("cut off", GOOD.substring(0, GOOD.length() - 7));
        body("cut off in a string", "{\"model\":\"austen");
        body("a list", "[" + GOOD + "]");
        body("a string", "\"Emma\"");
        body("null", "null");
        body("text behind the object", GOOD + " and more");
        body("two objects", GOOD + GOOD);
        body("single quotes", "{'model':'austen-2.8m','prompt':'Emma'}");
        body("a comment", GOOD.replace("{", "{/* Emma */"));
        body("a trailing comma", GOOD.replace("}", ",}"));
        body("NaN for a number", GOOD.replace("}", ",\"top_p\":NaN}"));
        body("Infinity for a number", GOOD.replace("}", ",\"top_p\":-Infinity}"));
        body("a control character in a string", GOOD.replace("Emma", "Em\u0001ma"));
        body("an unknown escape", GOOD.replace("Emma", "Em\\qma"));
        body("lists nested 100,000 deep", GOOD.replace("}", ",\"x\":" + "[".repeat(100_000)));
        body(
                "a number of 100,000 digits",
                GOOD.replace("}", ",\"x\":" + "9".repeat(100_000) + "}"));
        body("a form", "model=austen-2.8m&prompt=Emma");
        bytes("a byte that UTF-8 does not have", 0xFF);
        bytes("half a character of UTF-8", 0xC3, 0x28);
        bytes("a character in more bytes than it needs", 0xC0, 0xAF);
        bytes("half a pair as UTF-8", 0xED, 0xA0, 0x80);
    }

    private void bytes(String what, int... in) {
        byte[] body =
                GOOD.replace("Emma", "Emma" + "?".repeat(in.length))
                        .getBytes(StandardCharsets.ISO_8859_1);
        int at = new String(body, StandardCharsets.ISO_8859_1).indexOf('?');
        for (int i = 0; i < in.length; i++) {
            body[at + i] = (byte) in[i];
        }
        table.add(openAi(what, COMPLETIONS, body, 400, null));
    }

    private void models() {
        table.add(openAi("no model", COMPLETIONS, Json.without(GOOD, "model"), 400, "model"));
        field("{\"model\":7}", "model");
        field("{\"model\":null}", "model");
        field("{\"model\":\"\"}", "model");
        field("{\"model\":[\"austen-2.8m\"]}", "model");
        table.add(
                openAi(
                        "an unknown model",
                        COMPLETIONS,
                        Json.with(GOOD, "{\"model\":\"gpt-9\"}"),
                        404,
                        "model"));
        table.add(
                openAi(
                        "an unknown model with quotes and line breaks in its name",
                        COMPLETIONS,
                        Json.with(GOOD, "{\"model\":\"a\\\"}\\n\\u0000{\\\"b\"}"),
                        404,
                        "model"));
    }

    private void prompts() {
        table.add(openAi("no prompt", COMPLETIONS, Json.without(GOOD, "prompt"), 400, "prompt"));
        field("{\"prompt\":null}", "prompt");
        field("{\"prompt\":7}", "prompt");
        field("{\"prompt\":true}", "prompt");
        field("{\"prompt\":{\"text\":\"Emma\"}}", "prompt");
        field("{\"prompt\":[]}", "prompt");
        field("{\"prompt\":[[]]}", "prompt");
        field("{\"prompt\":[\"Emma\",7]}", "prompt");
        field("{\"prompt\":[7,\"Emma\"]}", "prompt");
        field("{\"prompt\":[[1,2],\"Emma\"]}", "prompt");
        field("{\"prompt\":[[[1]]]}", "prompt");
        field("{\"prompt\":[1.5]}", "prompt");
        field("{\"prompt\":[-1]}", "prompt");
        field("{\"prompt\":[2048]}", "prompt");
        field("{\"prompt\":[99999999999999999999]}", "prompt");
    }

    private void sampling() {
        field("{\"max_tokens\":-1}", "max_tokens");
        field("{\"max_tokens\":\"ten\"}", "max_tokens");
        field("{\"max_tokens\":1.5}", "max_tokens");
        field("{\"max_tokens\":99999999999999999999}", "max_tokens");
        field("{\"temperature\":-0.1}", "temperature");
        field("{\"temperature\":2.1}", "temperature");
        field("{\"temperature\":1e400}", "temperature");
        field("{\"temperature\":\"hot\"}", "temperature");
        field("{\"top_p\":1.1}", "top_p");
        field("{\"top_p\":-0.1}", "top_p");
        field("{\"top_p\":[0.5]}", "top_p");
        field("{\"top_k\":\"all\"}", "top_k");
        field("{\"top_k\":-7}", "top_k");
        field("{\"min_p\":1.5}", "min_p");
        field("{\"repetition_penalty\":0}", "repetition_penalty");
        field("{\"presence_penalty\":2.1}", "presence_penalty");
        field("{\"frequency_penalty\":\"high\"}", "frequency_penalty");
        field("{\"logit_bias\":[1]}", "logit_bias");
        field("{\"logit_bias\":{\"2048\":1}}", "logit_bias");
        field("{\"logit_bias\":{\"Emma\":1}}", "logit_bias");
        field("{\"logit_bias\":{\"7\":101}}", "logit_bias");
        field("{\"seed\":\"Emma\"}", "seed");
        field("{\"seed\":1.5}", "seed");
        field("{\"n\":0}", "n");
        field("{\"n\":129}", "n");
        field("{\"n\":\"one\"}", "n");
        field("{\"stop\":7}", "stop");
        field("{\"stop\":[\"a\",7]}", "stop");
        field("{\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}", "stop");
        field("{\"stop\":{\"a\":1}}", "stop");
        field("{\"stream\":\"yes\"}", "stream");
        field("{\"stream\":1}", "stream");
        field("{\"stream\":true,\"stream_options\":7}", "stream_options");
        field("{\"best_of\":21}", "best_of");
        field("{\"n\":3,\"best_of\":2}", "best_of");
        field("{\"best_of\":3,\"stream\":true}", "best_of");
        field("{\"echo\":\"yes\"}", "echo");
        field("{\"max_tokens\":0}", "max_tokens");
        field("{\"logprobs\":21}", "logprobs");
        field("{\"logprobs\":true}", "logprobs");
        field("{\"prompt_logprobs\":21}", "prompt_logprobs");
        field("{\"prompt_logprobs\":1,\"stream\":true}", "prompt_logprobs");
        field("{\"priority\":\"high\"}", "priority");
        field("{\"cache_salt\":\"\"}", "cache_salt");
        field("{\"suffix\":\" the end\"}", "suffix");
    }

    private void lengths() {
        var ids = new StringBuilder("1");
        for (int i = 1; i < CONTEXT_TOKENS + 1; i++) {
            ids.append(",1");
        }
        field("{\"prompt\":[" + ids + "]}", "prompt");
        field("{\"max_tokens\":" + CONTEXT_TOKENS + "}", "max_tokens");
        field("{\"prompt\":\"" + "Emma ".repeat(4000) + "\"}", "prompt");
    }

    private void otherRoutes() {
        String embedding = "{\"model\":\"austen-2.8m\",\"input\":\"Emma\"}";
        table.add(openAi("a text model asked to embed", EMBEDDINGS, embedding, 400, "model"));
        table.add(openAi("an embedding of nothing", EMBEDDINGS, "{}", 400, "model"));
        String chat =
                "{\"model\":\"austen-2.8m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        table.add(openAi("chat with a model that has no template", CHAT, chat, 400, "model"));
        table.add(
                openAi(
                        "chat with an unknown model",
                        CHAT,
                        Json.with(chat, "{\"model\":\"gpt-9\"}"),
                        404,
                        "model"));
    }

    private void paths() {
        for (String path :
                List.of(
                        "/v1/nothing",
                        "/_stainless_unknown_path",
                        "/",
                        "/v1",
                        "/v1/completions/more")) {
            table.add(openAi("unknown path " + path, path, GOOD, 404, null));
            table.add(BadRequest.bare("GET", path, 404, Dialect.OPENAI));
        }
        table.add(BadRequest.bare("GET", "/v1/models/gpt-9", 404, Dialect.OPENAI));
        table.add(BadRequest.bare("GET", COMPLETIONS, 405, Dialect.OPENAI));
        table.add(BadRequest.bare("PUT", COMPLETIONS, 405, Dialect.OPENAI));
        table.add(BadRequest.bare("DELETE", CHAT, 405, Dialect.OPENAI));
        table.add(BadRequest.bare("PATCH", EMBEDDINGS, 405, Dialect.OPENAI));
        table.add(BadRequest.bare("POST", "/v1/models", 405, Dialect.OPENAI));
        table.add(BadRequest.bare("POST", "/health/live", 405, Dialect.OPENAI));
        table.add(
                openAi("compressed", COMPLETIONS, compressed(), 415, null)
                        .header("content-encoding", "gzip"));
        table.add(
                openAi(
                        "over the size limit",
                        COMPLETIONS,
                        Json.with(
                                GOOD,
                                "{\"prompt\":\""
                                        + "a".repeat(BadRequestsTest.MAX_BODY_BYTES)
                                        + "\"}"),
                        413,
                        null));
    }

    private static byte[] compressed() {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(bytes)) {
            zip.write(GOOD.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}

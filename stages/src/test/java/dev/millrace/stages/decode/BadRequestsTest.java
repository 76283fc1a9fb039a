package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused, with which words; each refusal is followed by a good request. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadRequestsTest {
    private final DecodeFixture fixture = new DecodeFixture();

    @AfterEach
    void shouldHoldNoBuffer() {
        fixture.slot.decoded.release();
        assertThat(fixture.buffers.inUse()).isZero();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    /**
     * @param param the field that is named; null for none
     * @param words what the message must say beside it
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Case(Route route, String body, @Nullable String param, String... words) {
        @Override
        public String toString() {
            return route + " " + (body.length() > 90 ? body.substring(0, 90) + "…" : body);
        }
    }

    private static Case completion(String fields, String param, String... words) {
        return new Case(
                Route.OPENAI_COMPLETIONS, "{\"model\":\"plain\"," + fields + "}", param, words);
    }

    private static Case prompted(String fields, String param, String... words) {
        return completion("\"prompt\":\"x\"," + fields, param, words);
    }

    private static Case chat(String fields, String param, String... words) {
        return new Case(Route.OPENAI_CHAT, "{\"model\":\"chatty\"," + fields + "}", param, words);
    }

    private static Case message(String message, String param, String... words) {
        return chat(
                "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}," + message + "]",
                param,
                words);
    }

    private static Case asked(String fields, String param, String... words) {
        return chat("\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," + fields, param, words);
    }

    private static Case embedding(String fields, String param, String... words) {
        return new Case(
                Route.OPENAI_EMBEDDINGS, "{\"model\":\"embed\"," + fields + "}", param, words);
    }

    private static Case raw(String body, @Nullable String param, String... words) {
        return new Case(Route.OPENAI_COMPLETIONS, body, param, words);
    }

    /** A whole body for the model {@code free}. */
    private static Case infer(String body, @Nullable String param, String... words) {
        return new Case(Route.KSERVE_INFER, body, param, words);
    }

    /** One input of the model {@code free}. */
    private static Case input(String fields, @Nullable String param, String... words) {
        return infer("{\"inputs\":[{\"name\":\"INPUT__0\"," + fields + "}]}", param, words);
    }

    private static Case tensor(
            String datatype, String shape, String data, @Nullable String param, String... words) {
        return input(
                "\"datatype\":\"%s\",\"shape\":%s,\"data\":%s".formatted(datatype, shape, data),
                param,
                words);
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        cases.addAll(brokenJson());
        cases.addAll(completions());
        cases.addAll(penalties());
        cases.addAll(chats());
        cases.addAll(embeddings());
        cases.addAll(tensors());
        return cases;
    }

    private static List<Case> brokenJson() {
        return List.of(
                raw("", null, "empty"),
                raw("   ", null, "empty"),
                raw("[]", null, "an array", "JSON object"),
                raw("\"x\"", null, "JSON object"),
                raw("null", null, "null", "JSON object"),
                raw("{", null, "not valid JSON", "line 1"),
                raw("{\"model\":\"plain\",\"prompt\":\"x\"", null, "not valid JSON"),
                raw("{\"model\":\"plain\",\"prompt\":\"x", null, "not valid JSON", "near prompt"),
                raw("{\"model\":\"plain\"\n \"prompt\":1}", null, "line 2", "column"),
                raw("{\"model\":\"plain\",}", null, "not valid JSON"),
                raw("{'model':'plain'}", null, "not valid JSON"),
                raw("{\"model\":\"plain\",\"prompt\":\"x\"} {}", null, "goes on after"),
                raw("{\"model\":\"plain\",\"prompt\":\"x\"}}", null, "not valid JSON"),
                raw("{\"model\":\"plain\",\"prompt\":\"a\u0001\"}", null, "not valid JSON"),
                raw(
                        "{\"prompt\":" + "[".repeat(500) + "]".repeat(500) + "}",
                        "prompt[0][0]",
                        "token id"),
                raw(
                        "{\"x\":" + "[".repeat(500) + "]".repeat(500) + "}",
                        null,
                        "not valid JSON",
                        "64"),
                raw("{\"seed\":" + "9".repeat(200) + "}", null, "not valid JSON", "near seed"),
                raw("{\"temperature\":NaN}", null, "not valid JSON", "near temperature"),
                raw("{\"model\":\"plain\",\"prompt\":\"\\ud800\"}", "prompt", "surrogate"),
                raw("{\"model\":\"plain\",\"prompt\":[\"\\udc00x\"]}", "prompt[0]", "surrogate"),
                raw("{\"" + "k".repeat(2000) + "\":1}", null, "not valid JSON"),
                raw("\u0000{\"model\":\"plain\"}", null, "zero byte"));
    }

    private static List<Case> completions() {
        return List.of(
                raw("{}", "model", "missing"),
                raw("{\"model\":null,\"prompt\":\"x\"}", "model", "null"),
                raw("{\"model\":7,\"prompt\":\"x\"}", "model", "7", "name of a model"),
                raw("{\"model\":\"\",\"prompt\":\"x\"}", "model", "missing"),
                raw("{\"model\":\"embed\",\"prompt\":\"x\"}", "model", "embed", "/v1/embeddings"),
                raw("{\"model\":\"add\",\"prompt\":\"x\"}", "model", "add", "tensors"),
                raw("{\"model\":\"mute\",\"prompt\":\"x\"}", "model", "mute", "tokenizer.json"),
                raw("{\"model\":\"plain\"}", "prompt", "missing", "a string"),
                completion("\"prompt\":null", "prompt", "null"),
                completion("\"prompt\":{}", "prompt", "an object"),
                completion("\"prompt\":[]", "prompt", "empty array"),
                completion("\"prompt\":[[]]", "prompt[0]", "at least one token id"),
                completion("\"prompt\":[[1],[]]", "prompt[1]", "at least one token id"),
                completion("\"prompt\":[\"a\",1]", "prompt[1]", "1", "a string"),
                completion("\"prompt\":[1,\"a\"]", "prompt[1]", "\"a\""),
                completion("\"prompt\":[1.5]", "prompt[0]", "1.5"),
                completion("\"prompt\":[-1]", "prompt[0]", "-1", "at least 0"),
                completion("\"prompt\":[259]", "prompt[0]", "259", "below 259"),
                completion("\"prompt\":[[1],[2,300]]", "prompt[1][1]", "300"),
                completion("\"prompt\":[9999999999]", "prompt[0]", "9999999999"),
                completion("\"prompt\":[" + "\"a\",".repeat(64) + "\"a\"]", "prompt", "64"),
                prompted("\"max_tokens\":0", "max_tokens", "0", "at least 1"),
                prompted("\"max_tokens\":-1", "max_tokens", "-1"),
                prompted("\"max_tokens\":1.5", "max_tokens", "1.5"),
                prompted("\"max_tokens\":\"5\"", "max_tokens", "\"5\""),
                prompted("\"temperature\":-0.1", "temperature", "-0.1", "0 to 2"),
                prompted("\"temperature\":2.01", "temperature", "2.01"),
                prompted("\"temperature\":1e999", "temperature", "0 to 2"),
                prompted("\"temperature\":\"hot\"", "temperature", "\"hot\""),
                prompted("\"top_p\":0", "top_p", "above 0"),
                prompted("\"top_p\":1.1", "top_p", "1.1"),
                prompted("\"top_p\":1e-60", "top_p", "above 0"),
                prompted("\"top_k\":-2", "top_k", "-2"),
                prompted("\"seed\":9223372036854775808", "seed", "64 bits"),
                prompted("\"seed\":1.0", "seed", "1.0"),
                prompted("\"stop\":\"\"", "stop", "none empty"),
                prompted("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "stop[4]", "at most 4"),
                prompted("\"stop\":[1]", "stop[0]", "1"),
                prompted("\"stop\":\"" + "s".repeat(257) + "\"", "stop", "256 bytes"),
                prompted("\"stop_token_ids\":[259]", "stop_token_ids[0]", "below 259"),
                prompted("\"stop_token_ids\":5", "stop_token_ids", "array"),
                prompted("\"min_tokens\":17", "min_tokens", "16", "17"),
                prompted("\"length_penalty\":2", "length_penalty", "2", "not supported"),
                prompted("\"suffix\":\"end\"", "suffix", "\"end\""),
                prompted("\"stream\":1", "stream", "1", "true or false"),
                prompted("\"stream_options\":{}", "stream_options", "\"stream\": true"),
                prompted("\"stream\":true,\"stream_options\":[]", "stream_options", "array"),
                prompted(
                        "\"stream\":true,\"stream_options\":{\"include_usage\":\"yes\"}",
                        "stream_options.include_usage",
                        "\"yes\""));
    }

    private static List<Case> penalties() {
        String many =
                IntStream.rangeClosed(0, 300)
                        .mapToObj(id -> '"' + Integer.toString(id) + "\":1")
                        .collect(Collectors.joining(","));
        return List.of(
                prompted("\"min_p\":-0.01", "min_p", "-0.01", "0 to 1"),
                prompted("\"min_p\":1.01", "min_p", "1.01"),
                prompted("\"min_p\":\"0.1\"", "min_p", "\"0.1\""),
                prompted("\"min_p\":1e999", "min_p", "0 to 1"),
                prompted("\"presence_penalty\":2.5", "presence_penalty", "2.5", "-2 to 2"),
                prompted("\"presence_penalty\":-2.5", "presence_penalty", "-2.5"),
                prompted("\"presence_penalty\":true", "presence_penalty", "true"),
                prompted("\"frequency_penalty\":2.01", "frequency_penalty", "2.01", "-2 to 2"),
                prompted("\"frequency_penalty\":-3", "frequency_penalty", "-3"),
                prompted("\"frequency_penalty\":[]", "frequency_penalty", "an array"),
                prompted("\"repetition_penalty\":0", "repetition_penalty", "0", "above 0"),
                prompted("\"repetition_penalty\":-1.1", "repetition_penalty", "-1.1"),
                prompted("\"repetition_penalty\":1e-60", "repetition_penalty", "1e-60"),
                prompted("\"repetition_penalty\":1e39", "repetition_penalty", "1e39", "32-bit"),
                prompted("\"repetition_penalty\":\"x\"", "repetition_penalty", "\"x\""),
                prompted("\"logit_bias\":[]", "logit_bias", "an array", "an object"),
                prompted("\"logit_bias\":5", "logit_bias", "5", "an object"),
                prompted("\"logit_bias\":{\"a\":1}", "logit_bias", "\"a\"", "token ids"),
                prompted("\"logit_bias\":{\"\":1}", "logit_bias", "\"\""),
                prompted("\"logit_bias\":{\"-1\":1}", "logit_bias", "\"-1\"", "at least 0"),
                prompted("\"logit_bias\":{\"+1\":1}", "logit_bias", "\"+1\""),
                prompted("\"logit_bias\":{\"05\":1}", "logit_bias", "\"05\""),
                prompted("\"logit_bias\":{\"00\":1}", "logit_bias", "\"00\""),
                prompted("\"logit_bias\":{\"1.0\":1}", "logit_bias", "\"1.0\""),
                prompted("\"logit_bias\":{\"٣\":1}", "logit_bias", "\"٣\""),
                prompted("\"logit_bias\":{\"2147483648\":1}", "logit_bias", "2147483648"),
                prompted("\"logit_bias\":{\"99999999999\":1}", "logit_bias", "99999999999"),
                prompted("\"logit_bias\":{\"259\":1}", "logit_bias", "259", "below 259"),
                prompted("\"logit_bias\":{\"5\":100.1}", "logit_bias[5]", "100.1", "-100 to 100"),
                prompted("\"logit_bias\":{\"5\":-101}", "logit_bias[5]", "-101"),
                prompted("\"logit_bias\":{\"5\":null}", "logit_bias[5]", "null"),
                prompted("\"logit_bias\":{\"5\":\"1\"}", "logit_bias[5]", "\"1\""),
                prompted("\"logit_bias\":{" + many + "}", "logit_bias", "at most 300"));
    }

    private static List<Case> chats() {
        return List.of(
                raw("{\"model\":\"chatty\"}", "prompt", "missing"),
                new Case(Route.OPENAI_CHAT, "{\"model\":\"chatty\"}", "messages", "missing"),
                chat("\"messages\":[]", "messages", "empty array"),
                chat("\"messages\":\"hi\"", "messages", "\"hi\""),
                chat("\"messages\":[\"hi\"]", "messages[0]", "\"hi\""),
                message("{\"content\":\"y\"}", "messages[1].role", "missing"),
                message("{\"role\":\"user\"}", "messages[1].content", "missing"),
                message("{\"role\":\"user\",\"content\":null}", "messages[1].content", "null"),
                message("{\"role\":\"user\",\"content\":5}", "messages[1].content", "5"),
                message("{\"role\":\"user\",\"content\":[]}", "messages[1].content", "part"),
                message("{\"role\":\"king\",\"content\":\"y\"}", "messages[1].role", "\"king\""),
                message("{\"role\":\"tool\",\"content\":\"y\"}", "messages[1].role", "\"tool\""),
                message(
                        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
                                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]}",
                        "messages[1].content[1].type",
                        "image_url",
                        "not supported"),
                message(
                        "{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}",
                        "messages[1].content[0].text",
                        "missing"),
                message(
                        "{\"role\":\"assistant\",\"content\":\"y\",\"tool_calls\":[{}]}",
                        "messages[1].tool_calls",
                        "not supported"),
                asked("\"tools\":[{\"type\":\"function\"}]", "tools", "not supported"),
                asked("\"tool_choice\":\"auto\"", "tool_choice", "\"auto\""),
                asked(
                        "\"response_format\":{\"type\":\"grammar\"}",
                        "response_format.type",
                        "\"grammar\"",
                        "json_object"),
                asked("\"modalities\":[\"audio\"]", "modalities[0]", "audio"),
                asked("\"min_p\":2", "min_p", "2", "0 to 1"),
                asked("\"logit_bias\":{\"259\":1}", "logit_bias", "259", "below 259"),
                asked("\"max_completion_tokens\":0", "max_completion_tokens", "0"));
    }

    private static List<Case> embeddings() {
        return List.of(
                embedding("\"x\":1", "input", "missing"),
                embedding("\"input\":\"\"", "input", "empty string"),
                embedding("\"input\":[\"a\",\"\"]", "input[1]", "empty string"),
                embedding("\"input\":[]", "input", "empty array"),
                embedding("\"input\":{\"a\":1}", "input", "an object"),
                embedding("\"input\":[[1],\"a\"]", "input[1]", "\"a\""),
                embedding("\"input\":\"a\",\"encoding_format\":\"hex\"", "encoding_format", "hex"),
                embedding("\"input\":\"a\",\"encoding_format\":3", "encoding_format", "3"),
                embedding("\"input\":\"a\",\"dimensions\":8", "dimensions", "8"));
    }

    private static List<Case> tensors() {
        String data = "inputs[0].data";
        return List.of(
                infer("{}", "inputs", "missing"),
                infer("{\"inputs\":[]}", "inputs", "at least one"),
                infer("{\"inputs\":{}}", "inputs", "an object"),
                infer("{\"inputs\":[5]}", "inputs[0]", "5"),
                infer("{\"inputs\":[{}]}", "inputs[0].name", "missing"),
                infer("{\"id\":5,\"inputs\":[]}", "id", "5"),
                input("\"shape\":[1]", "inputs[0].datatype", "missing"),
                input("\"datatype\":\"INT8\"", "inputs[0].shape", "missing"),
                input("\"datatype\":\"INT8\",\"shape\":[1]", data, "missing"),
                input("\"datatype\":\"BYTES\"", "inputs[0].datatype", "\"BYTES\"", "FP32"),
                input("\"datatype\":\"fp32\"", "inputs[0].datatype", "\"fp32\""),
                tensor("INT8", "[-1]", "[1]", "inputs[0].shape[0]", "-1", "at least 1"),
                tensor("INT8", "[0]", "[]", "inputs[0].shape[0]", "0"),
                tensor("INT8", "[1.5]", "[1]", "inputs[0].shape[0]", "1.5"),
                tensor("INT8", "5", "[1]", "inputs[0].shape", "5"),
                tensor("INT8", "[1,1,1,1,1,1,1,1,1]", "[1]", "inputs[0].shape", "up to 8"),
                tensor("INT8", "[65536,65536]", "[1]", "inputs[0].shape", "elements"),
                tensor(
                        "INT8",
                        "[4294967296,4294967296,4294967296]",
                        "[1]",
                        "inputs[0].shape",
                        "elements"),
                tensor("INT8", "[1,2]", "[1]", data, "expected 2", "got 1"),
                tensor("INT8", "[1,2]", "[1,2,3]", data + "[2]", "expected 2"),
                tensor("INT8", "[1,2]", "[[1,2],[3,4]]", data + "[1][0]", "expected 2"),
                tensor("INT8", "[2,2]", "[[1,2,3],[4]]", data + "[0]", "expected 2", "got 3"),
                tensor("INT8", "[2,2]", "[[1,2],3]", data + "[1]", "an array"),
                tensor("INT8", "[2,2]", "[1,[2],3,4]", data + "[1]", "INT8"),
                tensor("INT8", "[1,2]", "[[[1,2]]]", data + "[0][0]", "INT8"),
                tensor("INT8", "[1]", "1", data, "an array"),
                tensor("INT8", "[1]", "[\"1\"]", data + "[0]", "\"1\""),
                tensor("INT8", "[1]", "[null]", data + "[0]", "null"),
                tensor("INT8", "[1]", "[true]", data + "[0]", "true"),
                tensor("INT8", "[1]", "[1.0]", data + "[0]", "1.0"),
                tensor("INT8", "[1]", "[128]", data + "[0]", "128", "-128 to 127"),
                tensor("UINT8", "[1]", "[-1]", data + "[0]", "-1", "0 to 255"),
                tensor("UINT64", "[1]", "[-1]", data + "[0]", "-1"),
                tensor("UINT64", "[1]", "[18446744073709551616]", data + "[0]", "UINT64"),
                tensor("INT64", "[1]", "[9223372036854775808]", data + "[0]", "INT64"),
                tensor("BOOL", "[1]", "[2]", data + "[0]", "2", "true, false"),
                tensor("FP16", "[1]", "[65536]", data + "[0]", "FP16"),
                tensor("BF16", "[1]", "[3.4e38]", data + "[0]", "BF16"),
                tensor("FP32", "[1]", "[1e39]", data + "[0]", "FP32"),
                tensor("FP64", "[1]", "[1e400]", data + "[0]", "FP64"),
                tensor("FP32", "[1]", "[NaN]", null, "not valid JSON", "NaN", data),
                tensor("FP32", "[1]", "[-Infinity]", null, "not valid JSON", data),
                tensor("INT8", "[5,1]", "[1,2,3,4,5]", "inputs", "at most 4", "5"),
                input(
                        "\"datatype\":\"INT8\",\"shape\":[1],\"data\":[1],"
                                + "\"parameters\":{\"binary_data_size\":1}",
                        data,
                        "binary_data_size"),
                input(
                        "\"datatype\":\"INT8\",\"shape\":[4],"
                                + "\"parameters\":{\"binary_data_size\":3}",
                        "inputs[0].parameters.binary_data_size",
                        "expected 4",
                        "3"),
                input(
                        "\"datatype\":\"INT8\",\"shape\":[4],"
                                + "\"parameters\":{\"binary_data_size\":-1}",
                        "inputs[0].parameters.binary_data_size",
                        "-1"),
                input(
                        "\"parameters\":{\"shared_memory_region\":\"r\"}",
                        "inputs[0].parameters.shared_memory_region",
                        "not supported"),
                infer(
                        "{\"inputs\":[{\"name\":\"image\",\"datatype\":\"INT8\",\"shape\":[1,1],"
                                + "\"data\":[1]}]}",
                        "inputs[0].name",
                        "image",
                        "INPUT__0"),
                infer(
                        "{\"inputs\":[{\"name\":\"INPUT__1\",\"datatype\":\"INT8\",\"shape\":[1,1],"
                                + "\"data\":[1]}]}",
                        "inputs[0].name",
                        "INPUT__1",
                        "INPUT__0"),
                infer("{\"parameters\":{\"sequence_id\":7}}", "parameters.sequence_id", "7"),
                infer(good(",\"outputs\":[{\"name\":\"X\"}]"), "outputs[0].name", "OUTPUT__0"),
                infer(good(",\"outputs\":[{}]"), "outputs[0].name", "missing"),
                infer(good(",\"outputs\":5"), "outputs", "5"),
                infer(
                        good(",\"outputs\":[{\"name\":\"OUTPUT__0\"},{\"name\":\"OUTPUT__0\"}]"),
                        "outputs[1].name",
                        "twice"),
                infer(
                        good(
                                ",\"outputs\":[{\"name\":\"OUTPUT__0\",\"parameters\":"
                                        + "{\"classification\":3}}]"),
                        "outputs[0].parameters.classification",
                        "3"));
    }

    /** A good body for {@code free}, with more fields. */
    private static String good(String more) {
        return "{\"inputs\":[{\"name\":\"INPUT__0\",\"datatype\":\"INT8\",\"shape\":[1,1],"
                + "\"data\":[1]}]"
                + more
                + "}";
    }

    @Test
    void shouldHaveAtLeastSixtyCases() {
        assertThat(cases()).hasSizeGreaterThan(150);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldRefuseNamingFieldValueAndWhatIsAccepted(Case bad) {
        String model = bad.route() == Route.KSERVE_INFER ? "free" : null;
        byte[] body = bad.body().getBytes(StandardCharsets.UTF_8);
        RequestContext context = fixture.decode(bad.route(), body, model, -1);

        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorParam).as(context.errorMessage).isEqualTo(bad.param());
        assertThat(context.errorMessage).contains(bad.words()).doesNotContain("\n");
        assertThat(context.errorMessage.length()).isLessThan(600);
        if (bad.param() != null) {
            assertThat(context.errorMessage).contains(bad.param());
        }
        fixture.slot.decoded.release();
        assertThat(fixture.infer("free", good("")).status).isEqualTo(RequestStatus.OK);
    }

    @Test
    void shouldNameAModelThatIsNotThere() {
        for (Route route :
                List.of(Route.OPENAI_COMPLETIONS, Route.OPENAI_CHAT, Route.OPENAI_EMBEDDINGS)) {
            RequestContext context =
                    fixture.decode(
                            route,
                            "{\"model\":\"gpt-9\",\"prompt\":\"x\",\"input\":\"x\","
                                    + "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

            assertThat(context.status).isEqualTo(RequestStatus.MODEL_NOT_FOUND);
            assertThat(context.errorParam).isEqualTo("model");
            assertThat(context.errorMessage).contains("gpt-9");
        }
    }

    @Test
    void shouldRefuseWhatIsNotUtf8() {
        byte[] body = "{\"model\":\"plain\",\"prompt\":\"???\"}".getBytes(StandardCharsets.UTF_8);
        int at = body.length - 5;
        byte[][] wrong = {
            {(byte) 0x80, ' ', ' '},
            {(byte) 0xC0, (byte) 0x80, ' '},
            {(byte) 0xE0, (byte) 0x80, (byte) 0x80},
            {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
            {(byte) 0xF5, (byte) 0x80, (byte) 0x80},
            {(byte) 0xC3, '"', ' '},
            {(byte) 0xFF, (byte) 0xFE, ' '}
        };
        for (byte[] bytes : wrong) {
            System.arraycopy(bytes, 0, body, at, 3);
            RequestContext context = fixture.decode(Route.OPENAI_COMPLETIONS, body, null, -1);
            assertThat(context.status).isEqualTo(RequestStatus.INVALID);
            assertThat(context.errorMessage).contains("not valid UTF-8 at byte");
        }
        byte[] utf16 = "{\"model\":\"plain\",\"prompt\":\"x\"}".getBytes(StandardCharsets.UTF_16BE);
        assertThat(fixture.decode(Route.OPENAI_COMPLETIONS, utf16, null, -1).errorMessage)
                .contains("UTF-8");
    }

    @Test
    void shouldCheckTensorsAgainstTheDeclaration() {
        String one = "{\"name\":\"INPUT%d\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}";
        String row = "[1,2,3,4]";
        String good = one.formatted(0, "INT32", "[1,4]", row);
        refused("add", good, "INPUT1", "missing");
        refused("add", good + "," + good, "INPUT1");
        refused("add", good + "," + one.formatted(1, "INT64", "[1,4]", row), "INT32", "INT64");
        refused("add", good + "," + one.formatted(1, "INT32", "[4]", row), "[-1, 4]", "[4]");
        refused("add", good + "," + one.formatted(1, "INT32", "[2,2]", row), "[-1, 4]", "[2,2]");
        refused(
                "add",
                good + "," + one.formatted(1, "INT32", "[2,4]", "[1,2,3,4,5,6,7,8]"),
                "expected 1 rows",
                "got 2");
        refused("add", good + "," + one.formatted(2, "INT32", "[1,4]", row), "INPUT2", "INPUT1");
        refused("free", one.replace("INPUT%d", "INPUT__0").formatted("INT8", "[]", "[1]"), "rows");
    }

    private void refused(String model, String inputs, String... words) {
        RequestContext context = fixture.infer(model, "{\"inputs\":[" + inputs + "]}");
        assertThat(context.status).as(inputs).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorMessage).contains(words);
        fixture.slot.decoded.release();
    }
}

package dev.millrace.tools.acceptance;

import static dev.millrace.tools.acceptance.BadRequest.kserve;

import dev.millrace.ringbuffer.Route.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a client of KServe's dialect can get wrong, against Triton's example {@code simple}. */
final class KServeBadRequests {
    private static final String INFER = "/v2/models/simple/infer";
    private static final String ROW =
            IntStream.range(0, 16).mapToObj(String::valueOf).collect(Collectors.joining(","));
    private static final String FIRST = input("INPUT0", "[1,16]", "INT32", "[" + ROW + "]");
    private static final String SECOND = input("INPUT1", "[1,16]", "INT32", "[" + ROW + "]");

    /** The sum and the difference of two rows. */
    static final String GOOD = inputs(FIRST, SECOND);

    private final List<BadRequest> table = new ArrayList<>();

    private KServeBadRequests() {}

    static List<BadRequest> all() {
        var requests = new KServeBadRequests();
        requests.bodies();
        requests.tensors();
        requests.data();
        requests.bytes();
        requests.paths();
        return requests.table;
    }

    private static String input(String name, String shape, String datatype, String data) {
        return """
        {"name":"%s","shape":%s,"datatype":"%s","data":%s}\
        """
                .formatted(name, shape, datatype, data);
    }

    private static String inputs(String... inputs) {
        return "{\"inputs\":[" + String.join(",", inputs) + "]}";
    }

    private void body(String what, String body, String word) {
        table.add(kserve(what, INFER, body, 400, word));
    }

    /** The good request with another first input. */
    private void first(String what, String input, String word) {
        body(what, inputs(input, SECOND), word);
    }

    private void bodies() {
        table.add(kserve("no body", INFER, "", 400, null));
        table.add(kserve("cut off", INFER, GOOD.substring(0, GOOD.length() - 3), 400, null));
        table.add(kserve("a list", INFER, "[]", 400, null));
        table.add(kserve("no JSON", INFER, "INPUT0=1", 400, null));
        body("no inputs", "{}", "inputs");
        body("empty inputs", "{\"inputs\":[]}", "input");
        body("inputs that are no list", "{\"inputs\":{}}", "inputs");
        body("an input that is no object", "{\"inputs\":[7]}", "inputs");
        body("one input too few", inputs(FIRST), "INPUT1");
        body(
                "an input the model does not have",
                inputs(FIRST, SECOND, SECOND.replace("INPUT1", "INPUT2")),
                "INPUT2");
        body("an input twice", inputs(FIRST, SECOND, SECOND), "INPUT1");
        body("an id that is no string", Json.with(GOOD, "{\"id\":7}"), "id");
        body("outputs that are no list", Json.with(GOOD, "{\"outputs\":7}"), "outputs");
        body(
                "an output the model does not have",
                Json.with(GOOD, "{\"outputs\":[{\"name\":\"OUTPUT7\"}]}"),
                "OUTPUT7");
        body("an output without a name", Json.with(GOOD, "{\"outputs\":[{}]}"), "name");
    }

    private void tensors() {
        first("an input without a name", Json.without(FIRST, "name"), "name");
        first("an input without a shape", Json.without(FIRST, "shape"), "shape");
        first("an input without a datatype", Json.without(FIRST, "datatype"), "datatype");
        first("an input without data", Json.without(FIRST, "data"), "inputs[0]");
        first("an unknown datatype", Json.with(FIRST, "{\"datatype\":\"FLOAT32\"}"), "FLOAT32");
        first("another datatype", Json.with(FIRST, "{\"datatype\":\"INT64\"}"), "INPUT0");
        first("a datatype that is no string", Json.with(FIRST, "{\"datatype\":7}"), "datatype");
        first("another shape", Json.with(FIRST, "{\"shape\":[1,15]}"), "inputs[0]");
        first("another rank", Json.with(FIRST, "{\"shape\":[16]}"), "INPUT0");
        first("a negative shape", Json.with(FIRST, "{\"shape\":[-1,16]}"), "shape");
        first(
                "a shape of zero rows",
                Json.with(FIRST, "{\"shape\":[0,16],\"data\":[]}"),
                "inputs[0]");
        first("a shape of fractions", Json.with(FIRST, "{\"shape\":[1.5,16]}"), "shape");
        first("a shape of words", Json.with(FIRST, "{\"shape\":[\"1\",16]}"), "shape");
        first("a shape that is a number", Json.with(FIRST, "{\"shape\":16}"), "shape");
        first(
                "a shape whose size overflows",
                Json.with(FIRST, "{\"shape\":[4611686018427387904,16]}"),
                "shape");
        first(
                "a shape of 40 dimensions",
                Json.with(FIRST, "{\"shape\":[1" + ",1".repeat(38) + ",16]}"),
                "inputs[0]");
        body(
                "inputs of different rows",
                inputs(input("INPUT0", "[2,16]", "INT32", "[" + ROW + "," + ROW + "]"), SECOND),
                "INPUT");
        body(
                "more rows than the model takes",
                inputs(
                        input("INPUT0", "[9,16]", "INT32", "[" + ROW + ("," + ROW).repeat(8) + "]"),
                        input(
                                "INPUT1",
                                "[9,16]",
                                "INT32",
                                "[" + ROW + ("," + ROW).repeat(8) + "]")),
                "9");
    }

    private void data() {
        first("one number too few", Json.with(FIRST, "{\"data\":[1,2,3]}"), "inputs[0]");
        first("one number too many", Json.with(FIRST, "{\"data\":[" + ROW + ",16]}"), "inputs[0]");
        first("a word among numbers", FIRST.replace("[0,", "[\"zero\","), "inputs[0]");
        first("a fraction among integers", FIRST.replace("[0,", "[0.5,"), "inputs[0]");
        first("a number that does not fit", FIRST.replace("[0,", "[3000000000,"), "inputs[0]");
        first("null among numbers", FIRST.replace("[0,", "[null,"), "inputs[0]");
        first("data that is a string", Json.with(FIRST, "{\"data\":\"AAAA\"}"), "data");
        first("data that is an object", Json.with(FIRST, "{\"data\":{}}"), "data");
        table.add(
                kserve("NaN among numbers", INFER, GOOD.replaceFirst("\\[0,", "[NaN,"), 400, null));
        first(
                "both data and a binary size",
                Json.with(FIRST, "{\"parameters\":{\"binary_data_size\":64}}"),
                "inputs[0]");
    }

    private void bytes() {
        String sized = Json.without(FIRST, "data");
        String binary =
                inputs(Json.with(sized, "{\"parameters\":{\"binary_data_size\":64}}"), SECOND);
        table.add(binary("no bytes behind the header", binary, 0, "" + binary.length(), null));
        table.add(binary("bytes too few", binary, 63, "" + binary.length(), null));
        table.add(binary("bytes too many", binary, 65, "" + binary.length(), null));
        table.add(
                binary(
                        "a binary size that is not the shape's",
                        binary.replace("64", "60"),
                        60,
                        "" + binary.length(),
                        "binary_data_size"));
        table.add(
                binary(
                        "a negative binary size",
                        binary.replace("64", "-4"),
                        64,
                        "" + binary.length(),
                        "binary_data_size"));
        table.add(
                binary(
                        "a binary size that is a word",
                        binary.replace("64", "\"a\""),
                        64,
                        "" + (binary.length() + 1),
                        "binary_data_size"));
        table.add(binary("a header longer than the body", binary, 64, "100000", null));
        table.add(binary("a negative header length", binary, 64, "-1", null));
        table.add(binary("a header length that is a word", binary, 64, "many", null));
        table.add(
                binary("a header length that overflows", binary, 64, "99999999999999999999", null));
    }

    private static BadRequest binary(
            String what,
            String header,
            int tensorBytes,
            String headerLength,
            @Nullable String word) {
        return kserve(what, INFER, header + "\0".repeat(tensorBytes), 400, word)
                .header("Inference-Header-Content-Length", headerLength);
    }

    private void paths() {
        table.add(kserve("an unknown model", "/v2/models/none/infer", GOOD, 404, "none"));
        table.add(
                kserve("an unknown version", "/v2/models/simple/versions/7/infer", GOOD, 404, "7"));
        table.add(
                kserve(
                        "tensors for a text model",
                        "/v2/models/austen-2.8m/infer",
                        GOOD,
                        400,
                        "austen-2.8m"));
        table.add(BadRequest.bare("GET", "/v2/models/none", 404, Dialect.KSERVE));
        table.add(BadRequest.bare("GET", "/v2/models/none/ready", 404, Dialect.KSERVE));
        table.add(BadRequest.bare("GET", "/v2/nothing", 404, Dialect.KSERVE));
        table.add(BadRequest.bare("GET", INFER, 405, Dialect.KSERVE));
        table.add(BadRequest.bare("POST", "/v2/health/live", 405, Dialect.KSERVE));
        table.add(BadRequest.bare("DELETE", "/v2/models/simple", 405, Dialect.KSERVE));
    }
}

package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/** KServe v2 requests and answers with tensors as JSON and as bytes. */
final class KServe {
    private static final String HEADER_LENGTH = "Inference-Header-Content-Length";

    private KServe() {}

    /** One float input as JSON. */
    static String json(String input, List<Integer> shape, float[] data) {
        return Json.object(
                Map.of(
                        "inputs",
                        List.of(
                                Map.of(
                                        "name",
                                        input,
                                        "shape",
                                        shape,
                                        "datatype",
                                        "FP32",
                                        "data",
                                        data))));
    }

    /** One float input as bytes behind the JSON; answers with bytes too. */
    static Answer inferBinary(
            Client client, String model, String input, List<Integer> shape, float[] data) {
        String header =
                Json.object(
                        Map.of(
                                "inputs",
                                List.of(
                                        Map.of(
                                                "name",
                                                input,
                                                "shape",
                                                shape,
                                                "datatype",
                                                "FP32",
                                                "parameters",
                                                Map.of("binary_data_size", 4 * data.length))),
                                "parameters",
                                Map.of("binary_data_output", true)));
        return binary(client, model, header, bytes(data));
    }

    /** Any JSON with any bytes behind it. */
    static Answer binary(Client client, String model, String header, byte[] tensors) {
        byte[] json = header.getBytes(UTF_8);
        byte[] body =
                ByteBuffer.allocate(json.length + tensors.length).put(json).put(tensors).array();
        return client.send(
                client.request("/v2/models/" + model + "/infer")
                        .header("content-type", "application/octet-stream")
                        .header(HEADER_LENGTH, String.valueOf(json.length))
                        .POST(BodyPublishers.ofByteArray(body))
                        .build());
    }

    /** The floats of an answer's only output, JSON or bytes. */
    static float[] onlyOutput(Answer answer) {
        if (answer.status() != 200) {
            throw new AssertionError("expected an output, got " + answer);
        }
        String headerLength = answer.header(HEADER_LENGTH);
        if (headerLength.isEmpty()) {
            return Json.floats(answer.json().path("outputs").path(0).path("data"));
        }
        int at = Integer.parseInt(headerLength);
        ByteBuffer tensor =
                ByteBuffer.wrap(answer.body(), at, answer.body().length - at)
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[tensor.remaining() / 4];
        tensor.asFloatBuffer().get(values);
        return values;
    }

    static byte[] bytes(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }
}

package dev.millrace.tools.load;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads answers to the end, of any server that speaks OpenAI's API or KServe v2. Stateless. */
final class AnswerReader {
    private static final String INFERENCE_HEADER_LENGTH = "inference-header-content-length";
    private static final int MOST_QUOTED = 300;

    private AnswerReader() {}

    /**
     * Reads an answer and closes its body.
     *
     * @param firstText told when the first text of a stream arrived, of {@link System#nanoTime}
     */
    static Answer read(Route route, HttpResponse<InputStream> response, LongConsumer firstText)
            throws IOException {
        try (InputStream body = response.body()) {
            if (response.statusCode() != Answer.OK) {
                String said = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                return Answer.failed(
                        response.statusCode(),
                        said.length() <= MOST_QUOTED ? said : said.substring(0, MOST_QUOTED));
            }
            if (response.headers()
                    .firstValue("content-type")
                    .orElse("")
                    .startsWith("text/event-stream")) {
                return stream(body, firstText);
            }
            byte[] bytes = body.readAllBytes();
            return switch (route) {
                case OPENAI_COMPLETIONS, OPENAI_CHAT -> text(bytes);
                case OPENAI_EMBEDDINGS -> vectors(bytes);
                case KSERVE_INFER -> tensors(response, bytes);
            };
        } catch (JacksonException e) {
            return Answer.failed(0, "an answer that is not JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            return Answer.failed(0, "an answer that cannot be read: " + e.getMessage());
        }
    }

    private static Answer stream(InputStream body, LongConsumer firstText) throws IOException {
        var parts = new TextParts();
        var error = new JsonNode[1];
        var begun = new boolean[1];
        boolean done =
                EventStream.read(
                        body,
                        (data, nanos) -> {
                            JsonNode event = JsonMapper.shared().readTree(data);
                            if (event.has("error")) {
                                error[0] = event.path("error");
                            } else if (parts.accept(event) && !begun[0]) {
                                begun[0] = true;
                                firstText.accept(nanos);
                            }
                        });
        if (error[0] != null) {
            return parts.answer(status(error[0]), error[0].toString());
        }
        return done
                ? parts.answer(Answer.OK, "")
                : parts.answer(0, "a stream that ended without " + EventStream.DONE);
    }

    /** What the status had been, had the stream not begun: its type is all that an error says. */
    private static int status(JsonNode error) {
        String type = error.path("type").asString("");
        for (RequestStatus status : RequestStatus.values()) {
            if (status.type().equals(type) && status.httpStatus() >= 500) {
                return status.httpStatus();
            }
        }
        return RequestStatus.INTERNAL.httpStatus();
    }

    private static Answer text(byte[] bytes) {
        var parts = new TextParts();
        parts.accept(JsonMapper.shared().readTree(bytes));
        return parts.answer(Answer.OK, "");
    }

    private static Answer vectors(byte[] bytes) {
        JsonNode root = JsonMapper.shared().readTree(bytes);
        List<Answer.Tensor> vectors = new ArrayList<>();
        for (JsonNode item : root.path("data")) {
            JsonNode numbers = item.path("embedding");
            vectors.add(
                    tensor(
                            "",
                            Datatype.FP32,
                            numbers.isString()
                                    ? ByteBuffer.wrap(
                                            Base64.getDecoder().decode(numbers.stringValue()))
                                    : TensorValues.bytes(Datatype.FP32, numbers)));
        }
        int prompt = root.path("usage").path("prompt_tokens").asInt(0);
        return new Answer(Answer.OK, Map.of(), new Answer.Usage(prompt, 0, 0), vectors, "");
    }

    private static Answer tensors(HttpResponse<InputStream> response, byte[] bytes) {
        OptionalLong header = response.headers().firstValueAsLong(INFERENCE_HEADER_LENGTH);
        int at = (int) Math.clamp(header.orElse(bytes.length), 0L, bytes.length);
        JsonNode root = JsonMapper.shared().readTree(bytes, 0, at);
        List<Answer.Tensor> tensors = new ArrayList<>();
        for (JsonNode output : root.path("outputs")) {
            String name = output.path("name").asString("");
            Datatype datatype = Datatype.of(output.path("datatype").asString(""));
            if (datatype == null) {
                throw new IllegalArgumentException(
                        "output " + name + " of datatype " + output.path("datatype"));
            }
            JsonNode size = output.path("parameters").path("binary_data_size");
            if (size.isInt()) {
                int length = Math.clamp(size.intValue(), 0, bytes.length - at);
                tensors.add(tensor(name, datatype, ByteBuffer.wrap(bytes, at, length).slice()));
                at += length;
            } else {
                tensors.add(
                        tensor(name, datatype, TensorValues.bytes(datatype, output.path("data"))));
            }
        }
        return new Answer(Answer.OK, Map.of(), null, tensors, "");
    }

    private static Answer.Tensor tensor(String name, Datatype datatype, ByteBuffer bytes) {
        return new Answer.Tensor(name, datatype, bytes, TensorValues.sha256(bytes));
    }
}

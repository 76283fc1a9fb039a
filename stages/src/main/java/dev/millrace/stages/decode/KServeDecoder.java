package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorRef;
import dev.millrace.stages.protocol.KServeExchange;
import java.util.List;
import tools.jackson.core.JsonToken;

/**
 * {@code POST /v2/models/{model}/infer}: JSON, JSON with binary tensors behind it, or one raw
 * tensor (KServe v2 "Inference", and its binary tensor data extension). Runs on: the {@code decode}
 * thread.
 *
 * <p>Tensors in JSON are converted into {@code slot.decoded}; binary ones stay in the body.
 */
final class KServeDecoder implements RequestDecoder {
    private static final KServeExchange RAW = new KServeExchange("", List.of(), true);
    private static final String HEADER_LENGTH = "Inference-Header-Content-Length";

    private final ModelAddress models;
    private final JsonBody body = new JsonBody();
    private final TensorSpace space;
    private final TensorInput input;
    private final TensorOutputs outputs = new TensorOutputs();
    private final int[] binaryBytes = new int[RequestSlot.MAX_TENSORS];
    private String id = "";
    private boolean inputsGiven;
    private boolean binaryByDefault;

    KServeDecoder(ModelAddress models, LargeBuffers buffers) {
        this.models = models;
        this.space = new TensorSpace(buffers);
        this.input = new TensorInput(body, space);
    }

    @Override
    public void decode(RequestSlot slot, RequestContext context) {
        String name = slot.pathModel;
        if (name == null) {
            throw BadRequest.invalid("the path names no model", null);
        }
        ModelEntry model = models.address(name, slot.pathVersion, slot, context);
        space.begin(slot.decoded);
        if (slot.inferenceHeaderLength == 0) {
            RawTensor.read(slot, model);
            TensorContract.check(slot, model);
            context.protocol = RAW;
            return;
        }
        int jsonBytes = jsonBytes(slot);
        readJson(slot, jsonBytes);
        placeBinary(slot, jsonBytes);
        TensorContract.check(slot, model);
        space.end();
        context.protocol =
                new KServeExchange(id, outputs.end(model, binaryByDefault), binaryByDefault);
    }

    private static int jsonBytes(RequestSlot slot) {
        int bodyBytes = slot.body.length();
        int given = slot.inferenceHeaderLength;
        if (given < 0) {
            return bodyBytes;
        }
        if (given > bodyBytes) {
            throw BadRequest.invalid(
                    HEADER_LENGTH
                            + ": expected at most the body's length, "
                            + bodyBytes
                            + ", got "
                            + given,
                    HEADER_LENGTH);
        }
        return given;
    }

    private void readJson(RequestSlot slot, int jsonBytes) {
        id = "";
        inputsGiven = false;
        binaryByDefault = false;
        outputs.begin();
        JsonReader json = body.open(slot.body, jsonBytes);
        json.beginDocument();
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "id" -> id = json.isNull() ? "" : readId(json);
                case "inputs" -> readInputs(json, slot);
                case "outputs" -> outputs.read(json);
                case "parameters" -> readParameters(json);
                default -> json.skip();
            }
        }
        if (!inputsGiven) {
            throw json.missing("inputs", "an array of tensors");
        }
        json.endDocument();
    }

    private static String readId(JsonReader json) {
        String accepted = "a string of at most " + DecodeLimits.MAX_ID_CHARS + " characters";
        String text = json.string(accepted);
        if (text.length() > DecodeLimits.MAX_ID_CHARS) {
            throw json.unexpected(accepted);
        }
        return text;
    }

    private void readInputs(JsonReader json, RequestSlot slot) {
        if (!json.isArray()) {
            throw json.unexpected("an array of tensors");
        }
        inputsGiven = true;
        slot.inputCount = 0;
        space.rewind(0);
        while (json.advance() != JsonToken.END_ARRAY) {
            if (slot.inputCount == RequestSlot.MAX_TENSORS) {
                throw BadRequest.invalid(
                        "inputs: expected at most " + RequestSlot.MAX_TENSORS, "inputs");
            }
            input.read(json, slot.inputs[slot.inputCount]);
            binaryBytes[slot.inputCount++] = input.binaryBytes();
        }
        if (slot.inputCount == 0) {
            throw BadRequest.invalid(
                    "inputs: expected at least one tensor, got an empty array", "inputs");
        }
    }

    private void readParameters(JsonReader json) {
        binaryByDefault = false;
        if (json.isNull()) {
            return;
        }
        if (!json.isObject()) {
            throw json.unexpected("an object");
        }
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "binary_data_output" -> binaryByDefault = json.bool();
                case "sequence_id" -> refuseSequence(json);
                default -> json.skip();
            }
        }
    }

    /** Stateful sequences would change the answer; 0 and the empty string mean none. */
    private static void refuseSequence(JsonReader json) {
        boolean none = json.isNull() || (json.isString() && json.string("a string").isEmpty());
        if (!none) {
            json.integer(0, 0, "0 (sequences are not supported)");
        }
    }

    /** Binary tensors lie behind the JSON, in the order of the inputs, without gaps. */
    private void placeBinary(RequestSlot slot, int jsonBytes) {
        long at = jsonBytes;
        for (int i = 0; i < slot.inputCount; i++) {
            if (binaryBytes[i] != TensorInput.NO_BINARY) {
                TensorRef tensor = slot.inputs[i];
                tensor.offset = (int) Math.min(at, Integer.MAX_VALUE);
                at += binaryBytes[i];
            }
        }
        long behind = slot.body.length() - (long) jsonBytes;
        if (at - jsonBytes != behind) {
            throw BadRequest.invalid(
                    "inputs: parameters.binary_data_size of all inputs make "
                            + (at - jsonBytes)
                            + " bytes, but "
                            + behind
                            + " follow the JSON ("
                            + HEADER_LENGTH
                            + (slot.inferenceHeaderLength < 0
                                    ? " is missing)"
                                    : ": " + slot.inferenceHeaderLength + ")"),
                    "inputs");
        }
    }
}

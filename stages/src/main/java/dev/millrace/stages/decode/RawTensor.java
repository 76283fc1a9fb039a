package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorRef;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;

/**
 * A body that is one tensor and nothing else ("Raw Binary Request" of the binary tensor data
 * extension): the model's declaration says what it is, its length what the one variable dimension
 * is.
 */
final class RawTensor {
    private static final String RULE =
            "Inference-Header-Content-Length: 0 asks for a raw tensor, which needs a model that"
                    + " declares one input with a datatype and at most one variable dimension";

    private RawTensor() {}

    static void read(RequestSlot slot, ModelEntry model) {
        List<TensorSpec> declared = model.inputs();
        Datatype datatype = declared.size() == 1 ? declared.get(0).datatype() : null;
        if (datatype == null || declared.get(0).shape().isEmpty()) {
            throw refused("model \"" + model.name() + "\" does not");
        }
        TensorRef tensor = slot.inputs[0];
        tensor.name = declared.get(0).name();
        tensor.datatype = datatype;
        tensor.inBody = true;
        tensor.offset = 0;
        tensor.lengthBytes = slot.body.length();
        shape(tensor, declared.get(0).shape());
        slot.inputCount = 1;
    }

    private static void shape(TensorRef tensor, List<Long> declared) {
        int variable = -1;
        long fixedBytes = tensor.datatype.bytes();
        tensor.rank = declared.size();
        for (int i = 0; i < declared.size(); i++) {
            long size = declared.get(i);
            tensor.shape[i] = size;
            if (size >= 0) {
                fixedBytes = Math.multiplyExact(fixedBytes, size);
            } else if (variable >= 0) {
                throw refused("shape " + declared + " has more");
            } else {
                variable = i;
            }
        }
        int bytes = tensor.lengthBytes;
        boolean fits =
                variable < 0
                        ? bytes == fixedBytes
                        : bytes > 0 && fixedBytes > 0 && bytes % fixedBytes == 0;
        if (!fits) {
            throw BadRequest.invalid(
                    "the body has "
                            + bytes
                            + " bytes; expected "
                            + (variable < 0 ? "" : "a multiple of ")
                            + fixedBytes
                            + " for input \""
                            + tensor.name
                            + "\" of "
                            + tensor.datatype
                            + " "
                            + declared,
                    tensor.name);
        }
        if (variable >= 0) {
            tensor.shape[variable] = bytes / fixedBytes;
        }
    }

    private static BadRequest refused(String why) {
        return BadRequest.invalid(RULE + "; " + why, null);
    }
}

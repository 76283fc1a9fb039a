package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorRef;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;

/**
 * A request's inputs against what the model declares: names, datatypes, shapes, rows. Puts them
 * into the model's order, so that equal requests look equal whatever order their clients send.
 */
final class TensorContract {
    private TensorContract() {}

    static void check(RequestSlot slot, ModelEntry model) {
        arrange(slot, model);
        for (int i = 0; i < model.inputs().size(); i++) {
            matches(slot.inputs[i], model.inputs().get(i));
        }
        for (int i = 0; i < slot.inputCount; i++) {
            checkBools(slot, slot.inputs[i]);
        }
        slot.rows = model.batch().batched() ? rows(slot, model) : 1;
    }

    /** Every tensor to the place of its name; a missing or doubled one is refused. */
    private static void arrange(RequestSlot slot, ModelEntry model) {
        List<TensorSpec> declared = model.inputs();
        int expected = declared.isEmpty() ? slot.inputCount : declared.size();
        for (int i = 0; i < slot.inputCount; i++) {
            int place = place(slot.inputs[i].name, declared);
            if (place < 0 || place >= expected) {
                throw unknown(slot, i, model);
            }
        }
        for (int place = 0; place < expected; place++) {
            int from = place;
            while (from < slot.inputCount && place(slot.inputs[from].name, declared) != place) {
                from++;
            }
            if (from == slot.inputCount) {
                String name =
                        declared.isEmpty() ? TensorNames.INPUT + place : declared.get(place).name();
                throw BadRequest.invalid(
                        "inputs: \"" + name + "\" is missing; expected each input once", "inputs");
            }
            TensorRef tensor = slot.inputs[from];
            slot.inputs[from] = slot.inputs[place];
            slot.inputs[place] = tensor;
        }
        if (slot.inputCount > expected) {
            throw BadRequest.invalid(
                    "inputs: \"" + slot.inputs[expected].name + "\" comes twice; expected it once",
                    "inputs");
        }
    }

    private static int place(String name, List<TensorSpec> declared) {
        if (declared.isEmpty()) {
            return TensorNames.index(name, TensorNames.INPUT);
        }
        for (int i = 0; i < declared.size(); i++) {
            if (declared.get(i).name().equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private static BadRequest unknown(RequestSlot slot, int index, ModelEntry model) {
        String param = "inputs[" + index + "].name";
        return BadRequest.invalid(
                param
                        + ": model \""
                        + model.name()
                        + "\" has no input \""
                        + JsonReader.clipped(slot.inputs[index].name)
                        + "\" in a request of "
                        + slot.inputCount
                        + "; expected "
                        + TensorNames.said(model.inputs(), TensorNames.INPUT),
                param);
    }

    private static void matches(TensorRef tensor, TensorSpec spec) {
        tensor.name = spec.name();
        Datatype datatype = spec.datatype();
        if (datatype != null && datatype != tensor.datatype) {
            throw BadRequest.invalid(
                    "inputs: datatype of \""
                            + spec.name()
                            + "\": expected "
                            + datatype
                            + ", got "
                            + tensor.datatype,
                    "inputs");
        }
        List<Long> shape = spec.shape();
        boolean fits = shape.isEmpty() || shape.size() == tensor.rank;
        for (int i = 0; fits && i < shape.size(); i++) {
            fits = shape.get(i) == -1 || shape.get(i) == tensor.shape[i];
        }
        if (!fits) {
            throw BadRequest.invalid(
                    "inputs: shape of \""
                            + spec.name()
                            + "\": expected "
                            + shape
                            + " (-1 for any size), got "
                            + TensorShape.said(tensor),
                    "inputs");
        }
    }

    /** Binary BOOL is one byte per element, and no other than 0 and 1 is a bool to native code. */
    private static void checkBools(RequestSlot slot, TensorRef tensor) {
        if (tensor.datatype != Datatype.BOOL || !tensor.inBody) {
            return;
        }
        for (int i = 0; i < tensor.lengthBytes; i++) {
            int value = slot.body.buffer().getByte(tensor.offset + i) & 0xFF;
            if (value > 1) {
                throw BadRequest.invalid(
                        "inputs: \""
                                + tensor.name
                                + "\": byte "
                                + i
                                + ": expected 0 or 1 (BOOL), got "
                                + value,
                        "inputs");
            }
        }
    }

    private static int rows(RequestSlot slot, ModelEntry model) {
        long rows = -1;
        for (int i = 0; i < slot.inputCount; i++) {
            TensorRef tensor = slot.inputs[i];
            if (tensor.rank == 0) {
                throw BadRequest.invalid(
                        "inputs: shape of \""
                                + tensor.name
                                + "\": expected a first dimension that counts rows, got []",
                        "inputs");
            }
            if (rows >= 0 && rows != tensor.shape[0]) {
                throw BadRequest.invalid(
                        "inputs: shape of \""
                                + tensor.name
                                + "\": expected "
                                + rows
                                + " rows as the inputs before it, got "
                                + tensor.shape[0],
                        "inputs");
            }
            rows = tensor.shape[0];
        }
        if (rows > model.batch().maxRows()) {
            throw BadRequest.invalid(
                    "inputs: expected at most "
                            + model.batch().maxRows()
                            + " rows for model \""
                            + model.name()
                            + "\", got "
                            + rows,
                    "inputs");
        }
        return (int) rows;
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.TensorRef;
import tools.jackson.core.JsonToken;

/** Reading and saying shapes. */
final class TensorShape {
    /** Most elements of one tensor: as many bytes as a buffer's offsets can count. */
    private static final long MAX_ELEMENTS = Integer.MAX_VALUE;

    private TensorShape() {}

    /** Reads the array the reader stands on into the tensor's rank and shape. */
    static void read(JsonReader json, TensorRef tensor) {
        String accepted =
                "an array of up to " + TensorRef.MAX_RANK + " sizes, each an integer of at least 1";
        if (!json.isArray()) {
            throw json.unexpected(accepted);
        }
        tensor.rank = 0;
        long elements = 1;
        while (json.advance() != JsonToken.END_ARRAY) {
            if (tensor.rank == TensorRef.MAX_RANK) {
                String path = arrayPath(json);
                throw BadRequest.invalid(
                        path + ": expected " + accepted + ", got more dimensions", path);
            }
            long size = json.integer(1, Long.MAX_VALUE, "a size of at least 1");
            if (elements > MAX_ELEMENTS / size) {
                String path = arrayPath(json);
                throw BadRequest.invalid(
                        path + ": more than " + MAX_ELEMENTS + " elements; expected fewer", path);
            }
            elements *= size;
            tensor.shape[tensor.rank++] = size;
        }
    }

    /** Of the array whose element the reader stands on. */
    private static String arrayPath(JsonReader json) {
        String element = json.path();
        return element.substring(0, element.lastIndexOf('['));
    }

    /** {@code [1,784]}. */
    static String said(TensorRef tensor) {
        StringBuilder said = new StringBuilder("[");
        for (int i = 0; i < tensor.rank; i++) {
            said.append(i == 0 ? "" : ",").append(tensor.shape[i]);
        }
        return said.append(']').toString();
    }
}

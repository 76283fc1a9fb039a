package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.TensorRef;
import org.agrona.MutableDirectBuffer;
import tools.jackson.core.JsonToken;

/**
 * A JSON array to a tensor's elements in row-major order: flat, or nested exactly as the shape
 * says.
 */
final class TensorData {
    private final int[] counts = new int[TensorRef.MAX_RANK + 1];

    /** Reads the array the reader stands on into {@code into}, from {@code tensor.offset} on. */
    void read(JsonReader json, TensorRef tensor, MutableDirectBuffer into) {
        if (!json.isArray()) {
            throw json.unexpected("an array of " + tensor.datatype + " elements, nested or flat");
        }
        Datatype type = tensor.datatype;
        int elements = (int) tensor.elements();
        int at = tensor.offset;
        int read = 0;
        int depth = 1;
        counts[1] = 0;
        JsonToken token = json.advance();
        boolean nested = token == JsonToken.START_ARRAY && tensor.rank > 1;
        while (depth > 0) {
            if (token == JsonToken.START_ARRAY) {
                if (!nested || depth == tensor.rank) {
                    throw json.unexpected("a " + type + " element");
                }
                counts[depth++]++;
                counts[depth] = 0;
            } else if (token == JsonToken.END_ARRAY) {
                if (nested && counts[depth] != tensor.shape[depth - 1]) {
                    throw wrongCount(json, tensor, counts[depth], tensor.shape[depth - 1]);
                }
                depth--;
            } else {
                if (nested && depth < tensor.rank) {
                    throw json.unexpected(
                            "an array, as shape " + TensorShape.said(tensor) + " has");
                }
                if (read == elements) {
                    throw wrongCount(json, tensor, "more", elements);
                }
                TensorElements.write(json, type, into, at);
                at += type.bytes();
                read++;
                counts[depth]++;
            }
            if (depth > 0) {
                token = json.advance();
            }
        }
        if (read != elements) {
            throw wrongCount(json, tensor, read, elements);
        }
    }

    private static BadRequest wrongCount(
            JsonReader json, TensorRef tensor, Object got, long expected) {
        String path = json.path();
        return BadRequest.invalid(
                path
                        + ": expected "
                        + expected
                        + (expected == 1 ? " entry" : " entries")
                        + " for shape "
                        + TensorShape.said(tensor)
                        + ", got "
                        + got,
                path);
    }
}

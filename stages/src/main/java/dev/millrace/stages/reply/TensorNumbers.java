package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.Datatype;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * A tensor's elements as JSON: one flat array, row-major (KServe v2, "Tensor Data"). Stateless.
 *
 * <p>Half precision is widened, which loses nothing. Values that are not finite become the strings
 * of {@link JsonWriter}: KServe's schema of tensor data takes strings, and numpy reads them back as
 * what they were. Triton's writer has no JSON for them either: it stops at the first.
 */
final class TensorNumbers {
    private TensorNumbers() {}

    static void write(
            JsonWriter json, Datatype datatype, DirectBuffer bytes, int offset, int lengthBytes) {
        int step = datatype.bytes();
        json.beginArray();
        for (int at = offset; at < offset + lengthBytes; at += step) {
            element(json, datatype, bytes, at);
        }
        json.endArray();
    }

    private static void element(JsonWriter json, Datatype datatype, DirectBuffer bytes, int at) {
        ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        switch (datatype) {
            case BOOL -> json.bool(bytes.getByte(at) != 0);
            case UINT8 -> json.number(bytes.getByte(at) & 0xFF);
            case UINT16 -> json.number(bytes.getShort(at, order) & 0xFFFF);
            case UINT32 -> json.number(bytes.getInt(at, order) & 0xFFFF_FFFFL);
            case UINT64 -> json.unsigned(bytes.getLong(at, order));
            case INT8 -> json.number(bytes.getByte(at));
            case INT16 -> json.number(bytes.getShort(at, order));
            case INT32 -> json.number(bytes.getInt(at, order));
            case INT64 -> json.number(bytes.getLong(at, order));
            case FP16 -> json.number(Float.float16ToFloat(bytes.getShort(at, order)));
            // bfloat16 is the upper half of a float32.
            case BF16 -> json.number(Float.intBitsToFloat(bytes.getShort(at, order) << 16));
            case FP32 -> json.number(bytes.getFloat(at, order));
            case FP64 -> json.number(bytes.getDouble(at, order));
        }
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.Datatype;
import java.nio.ByteOrder;
import org.agrona.MutableDirectBuffer;
import tools.jackson.core.JsonToken;

/** One JSON value to one element of a tensor, little-endian; out of range is refused. */
final class TensorElements {
    private static final String[] ACCEPTED = new String[Datatype.values().length];

    static {
        for (Datatype type : Datatype.values()) {
            ACCEPTED[type.ordinal()] = accepted(type);
        }
    }

    private TensorElements() {}

    private static String accepted(Datatype type) {
        return switch (type) {
            case BOOL -> "true, false, 1 or 0 (BOOL)";
            case FP16, BF16, FP32, FP64 -> "a number within the range of " + type;
            case UINT64 -> "an integer from 0 to 18446744073709551615 (UINT64)";
            case UINT8, UINT16, UINT32, INT8, INT16, INT32, INT64 ->
                    "an integer from " + min(type) + " to " + max(type) + " (" + type + ")";
        };
    }

    private static long min(Datatype type) {
        return switch (type) {
            case INT8, INT16, INT32, INT64 -> -max(type) - 1;
            default -> 0;
        };
    }

    private static long max(Datatype type) {
        return switch (type) {
            case UINT8, UINT16, UINT32 -> (1L << (8 * type.bytes())) - 1;
            default -> Long.MAX_VALUE >>> (64 - 8 * type.bytes());
        };
    }

    /** Writes the value the reader stands on. */
    static void write(JsonReader json, Datatype type, MutableDirectBuffer into, int offset) {
        switch (type) {
            case BOOL -> into.putByte(offset, (byte) (bool(json) ? 1 : 0));
            case UINT8, INT8 -> into.putByte(offset, (byte) integer(json, type));
            case UINT16, INT16 -> putShort(into, offset, (short) integer(json, type));
            case UINT32, INT32 ->
                    into.putInt(offset, (int) integer(json, type), ByteOrder.LITTLE_ENDIAN);
            case INT64 -> into.putLong(offset, integer(json, type), ByteOrder.LITTLE_ENDIAN);
            case UINT64 ->
                    into.putLong(
                            offset,
                            json.unsigned(ACCEPTED[type.ordinal()]),
                            ByteOrder.LITTLE_ENDIAN);
            case FP16 -> putShort(into, offset, half(json));
            case BF16 -> putShort(into, offset, brainHalf(json));
            case FP32 ->
                    into.putFloat(
                            offset, json.single(ACCEPTED[type.ordinal()]), ByteOrder.LITTLE_ENDIAN);
            case FP64 ->
                    into.putDouble(
                            offset, json.number(ACCEPTED[type.ordinal()]), ByteOrder.LITTLE_ENDIAN);
        }
    }

    private static void putShort(MutableDirectBuffer into, int offset, short bits) {
        into.putShort(offset, bits, ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean bool(JsonReader json) {
        if (json.isInteger()) {
            return json.integer(0, 1, ACCEPTED[Datatype.BOOL.ordinal()]) == 1;
        }
        if (json.token() != JsonToken.VALUE_TRUE && json.token() != JsonToken.VALUE_FALSE) {
            throw json.unexpected(ACCEPTED[Datatype.BOOL.ordinal()]);
        }
        return json.bool();
    }

    private static long integer(JsonReader json, Datatype type) {
        return json.integer(min(type), max(type), ACCEPTED[type.ordinal()]);
    }

    private static short half(JsonReader json) {
        short bits = Float.floatToFloat16(json.single(ACCEPTED[Datatype.FP16.ordinal()]));
        if (!Float.isFinite(Float.float16ToFloat(bits))) {
            throw json.unexpected(ACCEPTED[Datatype.FP16.ordinal()]);
        }
        return bits;
    }

    /** The upper half of a float, rounded to nearest, ties to even. */
    private static short brainHalf(JsonReader json) {
        int bits = Float.floatToRawIntBits(json.single(ACCEPTED[Datatype.BF16.ordinal()]));
        int rounded = (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
        if ((rounded & 0x7F80) == 0x7F80) {
            throw json.unexpected(ACCEPTED[Datatype.BF16.ordinal()]);
        }
        return (short) rounded;
    }
}

package dev.millrace.tools.load;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.tools.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import tools.jackson.databind.JsonNode;

/** Numbers of a tensor in JSON and as bytes, little-endian and row-major. Stateless. */
public final class TensorValues {
    private TensorValues() {}

    /**
     * The bytes of numbers in arrays, however nested.
     *
     * @throws IllegalArgumentException where something else is among them
     */
    static ByteBuffer bytes(Datatype datatype, JsonNode data) {
        ByteBuffer bytes =
                ByteBuffer.allocate(count(data) * datatype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        put(datatype, data, bytes);
        return bytes.flip();
    }

    private static int count(JsonNode data) {
        if (!data.isArray()) {
            return 1;
        }
        int count = 0;
        for (JsonNode element : data) {
            count += count(element);
        }
        return count;
    }

    private static void put(Datatype datatype, JsonNode data, ByteBuffer into) {
        if (data.isArray()) {
            for (JsonNode element : data) {
                put(datatype, element, into);
            }
            return;
        }
        switch (datatype) {
            case BOOL -> into.put((byte) (data.asBoolean(false) ? 1 : 0));
            case UINT8, INT8 -> into.put((byte) whole(data));
            case UINT16, INT16 -> into.putShort((short) whole(data));
            case UINT32, INT32 -> into.putInt((int) whole(data));
            case UINT64, INT64 -> into.putLong(whole(data));
            case FP16 -> into.putShort(Float.floatToFloat16((float) number(data)));
            case BF16 ->
                    into.putShort((short) (Float.floatToRawIntBits((float) number(data)) >>> 16));
            case FP32 -> into.putFloat((float) number(data));
            case FP64 -> into.putDouble(number(data));
        }
    }

    private static long whole(JsonNode data) {
        if (!data.isIntegralNumber()) {
            throw new IllegalArgumentException("expected a whole number, got " + data);
        }
        return data.bigIntegerValue().longValue();
    }

    /** JSON has no word for NaN and the infinities: servers write them as strings. */
    private static double number(JsonNode data) {
        if (data.isString()) {
            return Double.parseDouble(data.stringValue());
        }
        if (!data.isNumber()) {
            throw new IllegalArgumentException("expected a number, got " + data);
        }
        return data.doubleValue();
    }

    /**
     * The largest difference between two tensors of that type; infinite where a number stands
     * against none.
     */
    public static double maxDifference(Datatype datatype, ByteBuffer a, ByteBuffer b) {
        ByteBuffer left = a.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer right = b.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        double most = 0;
        for (int at = 0; at < left.remaining(); at += datatype.bytes()) {
            double x = value(datatype, left, left.position() + at);
            double y = value(datatype, right, right.position() + at);
            double difference = Double.compare(x, y) == 0 ? 0 : Math.abs(x - y);
            if (Double.isNaN(difference)) {
                difference = Double.POSITIVE_INFINITY;
            } else if (difference == 0
                    && datatype.bytes() == Long.BYTES
                    && !same(left, right, at)) {
                // Whole numbers of 64 bits that one double stands for.
                difference = datatype == Datatype.FP64 ? 0 : 1;
            }
            most = Math.max(most, difference);
        }
        return most;
    }

    private static boolean same(ByteBuffer left, ByteBuffer right, int at) {
        return left.getLong(left.position() + at) == right.getLong(right.position() + at);
    }

    private static double value(Datatype datatype, ByteBuffer bytes, int at) {
        return switch (datatype) {
            case BOOL, INT8 -> bytes.get(at);
            case UINT8 -> bytes.get(at) & 0xFF;
            case INT16 -> bytes.getShort(at);
            case UINT16 -> bytes.getShort(at) & 0xFFFF;
            case INT32 -> bytes.getInt(at);
            case UINT32 -> bytes.getInt(at) & 0xFFFF_FFFFL;
            case INT64 -> (double) bytes.getLong(at);
            case UINT64 -> (double) (bytes.getLong(at) >>> 1) * 2 + (bytes.getLong(at) & 1);
            case FP16 -> Float.float16ToFloat(bytes.getShort(at));
            case BF16 -> Float.intBitsToFloat(bytes.getShort(at) << 16);
            case FP32 -> bytes.getFloat(at);
            case FP64 -> bytes.getDouble(at);
        };
    }

    static ByteBuffer sha256(ByteBuffer bytes) {
        MessageDigest digest = Sha256.begin();
        digest.update(bytes.duplicate());
        return ByteBuffer.wrap(digest.digest());
    }
}

package dev.millrace.gpustage.gguf;

import java.nio.ByteBuffer;

/**
 * Elements to bytes and back, as ggml's reference does it: Q8_0 keeps the largest magnitude as 127,
 * Q4_0 keeps the element of largest magnitude as -8.
 */
final class GgmlBlocks {
    private static final int BLOCK = 32;
    private static final int HALF = BLOCK / 2;
    private static final float MOST_Q8 = 127f;
    private static final int ZERO_Q4 = 8;

    private GgmlBlocks() {}

    /** Puts the first {@code count} values of {@code from}, a whole number of blocks. */
    static void encode(GgmlType type, float[] from, int count, ByteBuffer to) {
        for (int i = 0; i < count; i += type.blockElements()) {
            switch (type) {
                case F32 -> to.putFloat(from[i]);
                case F16 -> to.putShort(Float.floatToFloat16(from[i]));
                case BF16 -> to.putShort(bfloat16(from[i]));
                case Q8_0 -> encodeQ8(from, i, to);
                case Q4_0 -> encodeQ4(from, i, to);
            }
        }
    }

    /** Takes {@code count} values, a whole number of blocks. */
    static void decode(GgmlType type, ByteBuffer from, float[] to, int count) {
        for (int i = 0; i < count; i += type.blockElements()) {
            switch (type) {
                case F32 -> to[i] = from.getFloat();
                case F16 -> to[i] = Float.float16ToFloat(from.getShort());
                case BF16 -> to[i] = Float.intBitsToFloat(from.getShort() << 16);
                case Q8_0 -> decodeQ8(from, to, i);
                case Q4_0 -> decodeQ4(from, to, i);
            }
        }
    }

    private static void encodeQ8(float[] from, int at, ByteBuffer to) {
        float scale = Math.abs(largest(from, at)) / MOST_Q8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        to.putShort(Float.floatToFloat16(scale));
        for (int i = 0; i < BLOCK; i++) {
            to.put((byte) awayFromZero(from[at + i] * inverse));
        }
    }

    private static void encodeQ4(float[] from, int at, ByteBuffer to) {
        float scale = largest(from, at) / -ZERO_Q4;
        float inverse = scale == 0 ? 0 : 1 / scale;
        to.putShort(Float.floatToFloat16(scale));
        for (int i = 0; i < HALF; i++) {
            int low = nibble(from[at + i] * inverse);
            int high = nibble(from[at + HALF + i] * inverse);
            to.put((byte) (low | high << 4));
        }
    }

    private static int nibble(float value) {
        return Math.clamp((int) (value + ZERO_Q4 + 0.5f), 0, 15);
    }

    private static void decodeQ8(ByteBuffer from, float[] to, int at) {
        float scale = Float.float16ToFloat(from.getShort());
        for (int i = 0; i < BLOCK; i++) {
            to[at + i] = scale * from.get();
        }
    }

    private static void decodeQ4(ByteBuffer from, float[] to, int at) {
        float scale = Float.float16ToFloat(from.getShort());
        for (int i = 0; i < HALF; i++) {
            int pair = from.get();
            to[at + i] = scale * ((pair & 0xf) - ZERO_Q4);
            to[at + HALF + i] = scale * ((pair >> 4 & 0xf) - ZERO_Q4);
        }
    }

    /** The element of largest magnitude in a block, with its sign. */
    private static float largest(float[] from, int at) {
        float largest = 0;
        for (int i = at; i < at + BLOCK; i++) {
            largest = Math.abs(from[i]) > Math.abs(largest) ? from[i] : largest;
        }
        return largest;
    }

    /** C's {@code roundf}. */
    private static int awayFromZero(float value) {
        float size = (float) Math.floor(Math.abs(value) + 0.5);
        return (int) Math.copySign(size, value);
    }

    /** The upper half of the float, rounded to nearest even. */
    private static short bfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        return Float.isNaN(value)
                ? (short) (bits >>> 16)
                : (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }
}

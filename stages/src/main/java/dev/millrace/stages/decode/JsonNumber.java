package dev.millrace.stages.decode;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * The value of a JSON number: the nearest there is, ties to even, as {@link Double#parseDouble}
 * says. Most numbers are exact in a double and a power of ten that is exact too (Clinger 1990, "How
 * to read floating point numbers accurately"), and allocate nothing. Stateless but for the number
 * it was given last; owned by one reader.
 */
final class JsonNumber {
    /** 10^22 is the largest power of ten that is a double. */
    private static final double[] TENS = new double[23];

    /** More digits may not fit a long. */
    private static final int LONG_DIGITS = 18;

    private static final long MOST_EXACT = 1L << 53;

    /** The bits that a float does not have, and half of its last place. */
    private static final long DROPPED = (1L << 29) - 1;

    private static final long HALF = 1L << 28;

    static {
        double ten = 1;
        for (int i = 0; i < TENS.length; i++) {
            TENS[i] = ten;
            ten *= 10;
        }
    }

    private byte[] bytes = {};
    private int from;
    private int to;
    private boolean negative;
    private boolean integer;

    /** Digits without sign, point and exponent, where they are few. */
    private long digits;

    private int digitCount;
    private int exponent;

    /** Takes the number that stands there, which is one. */
    JsonNumber read(byte[] text, int begin, int end) {
        bytes = text;
        from = begin;
        to = end;
        negative = text[begin] == '-';
        digits = 0;
        digitCount = 0;
        exponent = 0;
        int at = negative ? begin + 1 : begin;
        integer = true;
        for (; at < end && text[at] != 'e' && text[at] != 'E'; at++) {
            if (text[at] == '.') {
                integer = false;
                continue;
            }
            if (digitCount > 0 || text[at] != '0') {
                digitCount++;
            }
            if (digitCount <= LONG_DIGITS) {
                digits = 10 * digits + (text[at] - '0');
            }
            if (!integer) {
                exponent--;
            }
        }
        if (at < end) {
            integer = false;
            exponent += exponent(text, at + 1, end);
        }
        return this;
    }

    private static int exponent(byte[] text, int begin, int end) {
        boolean minus = text[begin] == '-';
        int at = minus || text[begin] == '+' ? begin + 1 : begin;
        int value = 0;
        for (; at < end; at++) {
            // Far beyond what any double has, and far from overflowing.
            value = Math.min(10 * value + (text[at] - '0'), 100_000);
        }
        return minus ? -value : value;
    }

    /** Whether an integer is a long. */
    boolean isLong() {
        if (digitCount <= LONG_DIGITS) {
            return true;
        }
        return digitCount == LONG_DIGITS + 1 && bigInteger().bitLength() < Long.SIZE;
    }

    /** An integer that {@link #isLong()}. */
    long longValue() {
        if (digitCount <= LONG_DIGITS) {
            return negative ? -digits : digits;
        }
        return bigInteger().longValueExact();
    }

    /** An integer of any size. */
    BigInteger bigInteger() {
        return new BigInteger(text());
    }

    /** Infinite where it is too large. */
    double doubleValue() {
        if (isSmall()) {
            return signed(exact());
        }
        return Double.parseDouble(text());
    }

    /** Infinite where it is too large; rounded once. */
    float floatValue() {
        if (isSmall()) {
            double nearest = exact();
            long bits = Double.doubleToRawLongBits(nearest);
            // Between two floats only a double in the very middle does not say which is nearer.
            if (nearest == 0 || (nearest >= Float.MIN_NORMAL && (bits & DROPPED) != HALF)) {
                return (float) signed(nearest);
            }
        }
        return Float.parseFloat(text());
    }

    private boolean isSmall() {
        return digitCount <= LONG_DIGITS
                && digits <= MOST_EXACT
                && exponent > -TENS.length
                && exponent < TENS.length;
    }

    /** An integer zero has no sign. */
    private double signed(double value) {
        return negative && (!integer || value != 0) ? -value : value;
    }

    private double exact() {
        return exponent < 0 ? digits / TENS[-exponent] : digits * TENS[exponent];
    }

    private String text() {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}

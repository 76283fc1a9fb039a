package dev.millrace.gpustage.guide;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * Decimals between two bounds as edges over their digits, without exponent. A number is read digit
 * by digit beside the bounds: as long as it agrees with one, the bound's next digit limits its own.
 *
 * @param low least value; null for none
 * @param lowOpen whether {@code low} itself is left out
 * @param high greatest value; null for none
 * @param highOpen whether {@code high} itself is left out
 */
record DecimalRange(
        @Nullable BigDecimal low, boolean lowOpen, @Nullable BigDecimal high, boolean highOpen) {
    /** Just above what {@link GuideLimits#DIGITS} digits can say. */
    private static final BigDecimal EDGE = BigDecimal.TEN.pow(GuideLimits.DIGITS);

    boolean isEverything() {
        return low == null && high == null;
    }

    /** The whole numbers between the bounds, bounds included. */
    void integers(JsonText json, int from, int to) {
        BigDecimal first = low == null ? null : low.setScale(0, RoundingMode.CEILING);
        BigDecimal last = high == null ? null : high.setScale(0, RoundingMode.FLOOR);
        if (first != null && lowOpen && first.compareTo(low) == 0) {
            first = first.add(BigDecimal.ONE);
        }
        if (last != null && highOpen && last.compareTo(high) == 0) {
            last = last.subtract(BigDecimal.ONE);
        }
        new DecimalRange(first, false, last, false).decimals(json, 0, from, to);
    }

    /** Numbers with up to {@code places} digits behind the point. */
    void decimals(JsonText json, int places, int from, int to) {
        BigDecimal least = low == null ? EDGE.negate() : low;
        BigDecimal most = high == null ? EDGE : high;
        if (most.signum() >= 0) {
            boolean cut = least.signum() >= 0;
            new DecimalRange(cut ? least : BigDecimal.ZERO, cut && lowOpen, most, highOpen)
                    .positive(json.nfa, places, from, to);
        }
        if (least.signum() < 0) {
            int behindSign = json.nfa.state();
            json.nfa.bytes(from, '-', '-', behindSign);
            boolean cut = most.signum() <= 0;
            new DecimalRange(
                            cut ? most.negate() : BigDecimal.ZERO,
                            cut && highOpen,
                            least.negate(),
                            lowOpen)
                    .positive(json.nfa, places, behindSign, to);
        }
    }

    private void positive(Nfa nfa, int places, int from, int to) {
        String least = digits(low, places);
        String most = digits(high, places);
        for (int whole = 1; whole <= GuideLimits.DIGITS; whole++) {
            int lowWhole = least.length() - places;
            int highWhole = most.length() - places;
            if (whole >= lowWhole && whole <= highWhole) {
                new Digits(
                                nfa,
                                whole,
                                places,
                                whole == lowWhole ? least : null,
                                whole == highWhole ? most : null)
                        .write(from, to);
            }
        }
    }

    /** All digits of a bound, with as many behind the point as a number may have. */
    private static String digits(@Nullable BigDecimal bound, int places) {
        if (bound == null) {
            throw new IllegalStateException("an open side is closed before");
        }
        String digits = bound.setScale(places, RoundingMode.UNNECESSARY).unscaledValue().toString();
        return "0".repeat(Math.max(0, places + 1 - digits.length())) + digits;
    }

    /** Numbers with the same count of digits before the point. */
    private final class Digits {
        private static final int UNKNOWN = -1;

        private final Nfa nfa;
        private final int whole;
        private final int places;
        private final @Nullable String least;
        private final @Nullable String most;
        private final int[][] states;
        private int to;

        Digits(Nfa nfa, int whole, int places, @Nullable String least, @Nullable String most) {
            this.nfa = nfa;
            this.whole = whole;
            this.places = places;
            this.least = least;
            this.most = most;
            states = new int[whole + places + 1][4];
            for (int[] row : states) {
                java.util.Arrays.fill(row, UNKNOWN);
            }
        }

        void write(int from, int to) {
            this.to = to;
            digit(from, 0, least != null, most != null);
        }

        /** The state in which {@code read} digits are read; made with all behind it. */
        private int state(int read, boolean onLeast, boolean onMost) {
            int key = (onLeast ? 1 : 0) + (onMost ? 2 : 0);
            if (states[read][key] == UNKNOWN) {
                int state = nfa.state();
                states[read][key] = state;
                if (read >= whole && mayEnd(read, onLeast, onMost)) {
                    nfa.epsilon(state, to);
                }
                int digits = state;
                if (read == whole && places > 0) {
                    digits = nfa.state();
                    nfa.bytes(state, '.', '.', digits);
                }
                if (read < whole + places) {
                    digit(digits, read, onLeast, onMost);
                }
            }
            return states[read][key];
        }

        private void digit(int from, int read, boolean onLeast, boolean onMost) {
            int first = read == 0 && whole > 1 ? 1 : 0;
            int last = 9;
            if (onLeast && least != null) {
                first = Math.max(first, least.charAt(read) - '0');
            }
            if (onMost && most != null) {
                last = most.charAt(read) - '0';
            }
            for (int d = first; d <= last; d++) {
                boolean stillLeast = onLeast && least != null && d == least.charAt(read) - '0';
                boolean stillMost = onMost && most != null && d == most.charAt(read) - '0';
                nfa.bytes(from, '0' + d, '0' + d, state(read + 1, stillLeast, stillMost));
            }
        }

        /** Whether a number that goes on with zeros only lies between the bounds. */
        private boolean mayEnd(int read, boolean onLeast, boolean onMost) {
            boolean isLeast = onLeast && least != null && onlyZeros(least, read);
            boolean isMost = onMost && most != null && onlyZeros(most, read);
            return (!onLeast || (isLeast && !lowOpen)) && (!isMost || !highOpen);
        }

        private static boolean onlyZeros(String digits, int from) {
            return digits.substring(from).chars().allMatch(c -> c == '0');
        }
    }
}

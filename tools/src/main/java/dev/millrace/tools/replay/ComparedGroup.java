package dev.millrace.tools.replay;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of the requests to one model, of one caller, or of all.
 *
 * @param name of the model or the caller
 * @param requests in order of arrival
 */
record ComparedGroup(String name, List<Compared> requests) {
    /** Bounds of {@link #divergences}, in tokens: 0, 1, 2 to 3, 4 to 7 and so on. */
    static final int BUCKETS = 14;

    ComparedGroup {
        requests = List.copyOf(requests);
    }

    /** How many requests got each outcome; none with a count of 0. */
    Map<Outcome, Long> counts() {
        var counts = new EnumMap<Outcome, Long>(Outcome.class);
        requests.forEach(request -> counts.merge(request.outcome(), 1L, Long::sum));
        return counts;
    }

    long count(Outcome outcome) {
        return counts().getOrDefault(outcome, 0L);
    }

    /** Requests with two answers. */
    long compared() {
        return requests.stream().filter(Compared::comparable).count();
    }

    /** The part of {@link #compared} whose answer is the same; 1 where there are none. */
    double sameRate() {
        long same = requests.stream().filter(Compared::same).count();
        return compared() == 0 ? 1 : (double) same / compared();
    }

    /** Requests of which one answer was not brought to its end. */
    long cut() {
        return requests.stream().filter(Compared::cut).count();
    }

    private int[] firsts() {
        return requests.stream()
                .filter(request -> request.comparable() && request.firstDivergence() >= 0)
                .mapToInt(Compared::firstDivergence)
                .sorted()
                .toArray();
    }

    /** Texts that differ. */
    int differentTexts() {
        return firsts().length;
    }

    /** The token at which half of the texts that differ have parted; NaN where none differs. */
    double medianDivergence() {
        int[] firsts = firsts();
        int half = firsts.length / 2;
        if (firsts.length == 0) {
            return Double.NaN;
        }
        return firsts.length % 2 == 1 ? firsts[half] : (firsts[half - 1] + firsts[half]) / 2.0;
    }

    /** Where texts that differ part, on average; NaN where none differs. */
    double meanDivergence() {
        return Arrays.stream(firsts()).average().orElse(Double.NaN);
    }

    /** How many texts part at which token, in buckets that double. */
    int[] divergences() {
        int[] counts = new int[BUCKETS];
        for (int first : firsts()) {
            counts[Math.min(BUCKETS - 1, Integer.SIZE - Integer.numberOfLeadingZeros(first))]++;
        }
        return counts;
    }

    /** The first token that a bucket counts. */
    static int bucketStart(int bucket) {
        return bucket == 0 ? 0 : 1 << (bucket - 1);
    }

    /** On average over requests with text, the same ones included; NaN where there are none. */
    double meanDistance() {
        return requests.stream()
                .filter(request -> request.comparable() && request.texts() > 0)
                .mapToDouble(Compared::distance)
                .average()
                .orElse(Double.NaN);
    }

    /** Tokens of the recorded texts. */
    long recordedTokens() {
        return requests.stream()
                .filter(Compared::comparable)
                .mapToLong(Compared::recordedTokens)
                .sum();
    }

    /** Tokens of the texts in their place. */
    long replayedTokens() {
        return requests.stream()
                .filter(Compared::comparable)
                .mapToLong(Compared::replayedTokens)
                .sum();
    }

    /** The largest distance of a vector or tensor; null where there are none. */
    Vectors.@Nullable Distance vectors() {
        Vectors.Distance largest = null;
        for (Compared request : requests) {
            Vectors.Distance distance = request.vectors();
            if (distance != null) {
                largest = largest == null ? distance : largest.and(distance);
            }
        }
        return largest;
    }

    /** Of requests that both answered in full: to the first word, or to the last. */
    @Nullable Percentiles latency(
            Function<Compared, @Nullable Timing> whose, ToLongFunction<Timing> which) {
        return Percentiles.of(
                requests.stream()
                        .filter(Compared::answeredBoth)
                        .mapToLong(request -> {
                            Timing timing = whose.apply(request);
                            return timing == null ? Timing.NEVER : which.applyAsLong(timing);
                        }));
    }
}

package dev.millrace.gpustage.sampling;

import java.util.Arrays;

/**
 * Candidates from the largest logit down, ties by ascending id, without sorting them: a histogram
 * over their logits says in which bucket a cut or a draw falls, and only that bucket is sorted.
 *
 * <p>Candidates are known by their index in {@link Candidates}. Those of weight 0 have no rank.
 * Reused by one {@link Sampler}.
 */
final class Ranking {
    private static final int BUCKETS = 1024;
    private static final int LAST_BUCKET = BUCKETS - 1;

    /**
     * Further buckets, never looked into, take turns at what is too light: additions to one and the
     * same bucket would wait for each other.
     */
    private static final int TOO_LIGHT = 256;

    /** A span of weights, as a base-2 logarithm, too short to split. */
    private static final float SHORTEST_SPAN = -0x1p-20f;

    private final Candidates candidates;
    private final Weights weights;
    private final int[] bucketOf;
    private final double[] masses = new double[BUCKETS + TOO_LIGHT];
    private final int[] counts = new int[BUCKETS + TOO_LIGHT];

    /** Of the open bucket, sorted: a key that falls as the logit rises, above; the index, below. */
    private final long[] entries;

    // Of the row at hand.
    private int open;
    private int opened;
    private int lastBucket;
    private int keptOfLast;

    Ranking(int vocabularySize, Candidates candidates, Weights weights) {
        this.candidates = candidates;
        this.weights = weights;
        bucketOf = new int[vocabularySize];
        entries = new long[vocabularySize];
    }

    /**
     * Begins with all candidates whose weights, which are filled, have a base-2 logarithm of at
     * least {@code leastLog2}.
     */
    void fill(float leastLog2) {
        open = -1;
        lastBucket = LAST_BUCKET;
        keptOfLast = Integer.MAX_VALUE;
        float perBucket = LAST_BUCKET / Math.min(leastLog2, SHORTEST_SPAN);
        weights.quantise(
                candidates.logits(), bucketOf, candidates.size(), perBucket, BUCKETS, TOO_LIGHT);
        Arrays.fill(masses, 0);
        addMasses(weights.array(), bucketOf, candidates.size(), masses);
    }

    private static void addMasses(float[] weights, int[] bucketOf, int size, double[] masses) {
        for (int i = 0; i < size; i++) {
            masses[bucketOf[i]] += weights[i];
        }
    }

    /** The sum of the weights that are kept. */
    double mass() {
        double mass = 0;
        for (int bucket = 0; bucket <= lastBucket; bucket++) {
            mass += masses[bucket];
        }
        return mass;
    }

    /** Keeps the first {@code most} ranks. */
    void keepCount(int most) {
        Arrays.fill(counts, 0);
        addCounts(weights.array(), bucketOf, candidates.size(), counts);
        int left = most;
        for (int bucket = 0; bucket <= LAST_BUCKET; bucket++) {
            if (left <= counts[bucket]) {
                if (left < counts[bucket]) {
                    open(bucket);
                    cut(left);
                } else {
                    lastBucket = bucket;
                }
                return;
            }
            left -= counts[bucket];
        }
    }

    /** Counts what is above zero. */
    private static void addCounts(float[] weights, int[] bucketOf, int size, int[] counts) {
        for (int i = 0; i < size; i++) {
            counts[bucketOf[i]] += -Float.floatToRawIntBits(weights[i]) >>> 31;
        }
    }

    /** Keeps the shortest run of first ranks with at least that mass; all where none has it. */
    void keepMass(double least) {
        double sum = 0;
        for (int bucket = 0; bucket <= lastBucket; bucket++) {
            if (masses[bucket] > 0 && sum + masses[bucket] >= least) {
                open(bucket);
                int kept = 0;
                do {
                    sum += weight(kept++);
                } while (kept < ranks() && sum < least);
                cut(kept);
                return;
            }
            sum += masses[bucket];
        }
    }

    /** Keeps the first ranks of the open bucket, and none behind it. */
    private void cut(int kept) {
        lastBucket = open;
        keptOfLast = kept;
        masses[open] = 0;
        for (int rank = 0; rank < kept; rank++) {
            masses[open] += weight(rank);
        }
    }

    /** The candidate at which the running sum of what is kept passes {@code target}. */
    int pass(double target) {
        int found = 0;
        double left = target;
        for (int bucket = 0; bucket <= lastBucket; bucket++) {
            if (masses[bucket] == 0) {
                continue;
            }
            found = bucket;
            if (left < masses[bucket]) {
                break;
            }
            left -= masses[bucket];
        }
        open(found);
        int rank = 0;
        left -= weight(0);
        while (left >= 0 && rank + 1 < ranks()) {
            left -= weight(++rank);
        }
        return index(rank);
    }

    /** Sorts the candidates of a bucket. */
    private void open(int bucket) {
        if (bucket == open) {
            return;
        }
        open = bucket;
        opened = 0;
        float[] logits = candidates.logits();
        float[] weighed = weights.array();
        int size = candidates.size();
        for (int from = 0; from < size; from += BlockMaxima.BLOCK) {
            int to = Math.min(from + BlockMaxima.BLOCK, size);
            if (!holds(bucketOf, from, to, bucket)) {
                continue;
            }
            for (int i = from; i < to; i++) {
                if (bucketOf[i] == bucket && weighed[i] > 0) {
                    entries[opened++] = ((long) ~LogitKey.of(logits[i]) << 32) | i;
                }
            }
        }
        Arrays.sort(entries, 0, opened);
    }

    private static boolean holds(int[] bucketOf, int from, int to, int bucket) {
        int difference = Integer.MAX_VALUE;
        for (int i = from; i < to; i++) {
            difference = Math.min(difference, bucketOf[i] ^ bucket);
        }
        return difference == 0;
    }

    /** How many of the open bucket are kept; what was cut is sorted behind them. */
    private int ranks() {
        return open == lastBucket ? Math.min(opened, keptOfLast) : opened;
    }

    private float weight(int rank) {
        return weights.array()[index(rank)];
    }

    private int index(int rank) {
        return (int) entries[rank];
    }
}

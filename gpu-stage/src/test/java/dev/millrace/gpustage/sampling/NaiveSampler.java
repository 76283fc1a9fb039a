package dev.millrace.gpustage.sampling;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A sampler written the slow way: edit, sort, softmax, cut, walk. The oracle of sampling tests. */
public final class NaiveSampler {
    private NaiveSampler() {}

    /** The token chosen after {@code prompt} and {@code answer}. */
    public static int sample(
            float[] raw,
            SamplingParams params,
            List<Integer> prompt,
            List<Integer> answer,
            double uniform) {
        return sample(edited(raw, params, prompt, answer), params, uniform);
    }

    /** The token chosen from a row that is edited already. */
    static int sample(float[] row, SamplingParams params, double uniform) {
        List<Integer> ranked = ranked(row);
        if (params.temperature == 0) {
            return ranked.getFirst();
        }
        double[] weights = weights(row, params, ranked.getFirst());
        List<Integer> kept = kept(ranked, weights, params);
        double target = uniform * sum(kept, weights);
        for (int id : kept) {
            target -= weights[id];
            if (target < 0) {
                return id;
            }
        }
        return kept.getLast();
    }

    /** Each token's chance. */
    static double[] chances(float[] row, SamplingParams params) {
        List<Integer> ranked = ranked(row);
        double[] weights = weights(row, params, ranked.getFirst());
        List<Integer> kept = kept(ranked, weights, params);
        double[] chances = new double[row.length];
        for (int id : kept) {
            chances[id] = weights[id] / sum(kept, weights);
        }
        return chances;
    }

    private static List<Integer> ranked(float[] row) {
        Comparator<Integer> best = Comparator.comparingDouble(id -> -row[id] + 0.0);
        return IntStream.range(0, row.length)
                .boxed()
                .sorted(best.thenComparingInt(i -> i))
                .toList();
    }

    private static double[] weights(float[] row, SamplingParams params, int best) {
        double[] weights = new double[row.length];
        for (int id = 0; id < row.length; id++) {
            weights[id] =
                    StrictMath.exp((row[id] - (double) row[best]) * (1.0 / params.temperature));
        }
        return weights;
    }

    private static List<Integer> kept(
            List<Integer> ranked, double[] weights, SamplingParams params) {
        List<Integer> kept = new ArrayList<>();
        for (int id : ranked) {
            if (weights[id] >= params.minP && (params.topK == 0 || kept.size() < params.topK)) {
                kept.add(id);
            }
        }
        if (params.topP < 1) {
            double mass = params.topP * sum(kept, weights);
            double sum = weights[kept.getFirst()];
            int count = 1;
            while (count < kept.size() && sum < mass) {
                sum += weights[kept.get(count++)];
            }
            kept = kept.subList(0, count);
        } else if (params.topK == 0) {
            Collections.sort(kept);
        }
        return kept;
    }

    private static double sum(List<Integer> ids, double[] weights) {
        double sum = 0;
        for (int id : ids) {
            sum += weights[id];
        }
        return sum;
    }

    /** The row with biases and penalties. */
    static float[] edited(
            float[] raw, SamplingParams params, List<Integer> prompt, List<Integer> answer) {
        float[] row = raw.clone();
        for (int i = 0; i < params.biasedIds.length; i++) {
            row[params.biasedIds[i]] += params.biases[i];
        }
        var seen = new HashSet<>(prompt);
        seen.addAll(answer);
        for (int id = 0; id < row.length; id++) {
            if (seen.contains(id)) {
                row[id] =
                        row[id] > 0
                                ? row[id] / params.repetitionPenalty
                                : row[id] * params.repetitionPenalty;
            }
            int times = Collections.frequency(answer, id);
            row[id] -= params.frequencyPenalty * times;
            row[id] -= params.presencePenalty * (times > 0 ? 1 : 0);
        }
        return row;
    }

    /** Random temperature, top-k, top-p and min-p, each of the last three neutral now and then. */
    static SamplingParams randomChoice(Random random, int vocabulary) {
        var params = new SamplingParams();
        params.reset();
        params.temperature = 0.1f + 2 * random.nextFloat();
        params.topK = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(vocabulary + 10);
        params.topP = random.nextInt(3) == 0 ? 1 : 0.01f + 0.98f * random.nextFloat();
        params.minP = random.nextInt(3) == 0 ? 0 : random.nextFloat();
        return params;
    }

    /** Random penalties and biases, each neutral now and then. */
    static void randomEdits(SamplingParams params, Random random, int vocabulary) {
        params.repetitionPenalty = random.nextInt(3) == 0 ? 1 : 0.2f + 2 * random.nextFloat();
        params.presencePenalty = random.nextInt(3) == 0 ? 0 : 4 * random.nextFloat() - 2;
        params.frequencyPenalty = random.nextInt(3) == 0 ? 0 : 4 * random.nextFloat() - 2;
        params.biasedIds = random.ints(0, vocabulary).distinct().limit(random.nextInt(9)).toArray();
        params.biases = new float[params.biasedIds.length];
        for (int i = 0; i < params.biases.length; i++) {
            params.biases[i] = 200 * random.nextFloat() - 100;
            if (random.nextBoolean()) {
                params.biases[i] /= 50;
            }
        }
    }

    static List<Integer> randomTokens(Random random, int vocabulary, int most) {
        return random.ints(random.nextInt(most), 0, vocabulary).boxed().toList();
    }

    static String describe(SamplingParams params) {
        return "temperature %s top_k %d top_p %s min_p %s penalties %s %s %s bias %s %s"
                .formatted(
                        params.temperature,
                        params.topK,
                        params.topP,
                        params.minP,
                        params.repetitionPenalty,
                        params.presencePenalty,
                        params.frequencyPenalty,
                        Arrays.toString(params.biasedIds),
                        Arrays.toString(params.biases));
    }
}

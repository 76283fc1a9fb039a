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
        float[] row = edited(raw, params, prompt, answer);
        Integer[] ids = IntStream.range(0, row.length).boxed().toArray(Integer[]::new);
        Comparator<Integer> best = Comparator.comparingDouble(id -> -row[id]);
        Arrays.sort(ids, best.thenComparingInt(id -> id));
        if (params.temperature == 0) {
            return ids[0];
        }
        List<Integer> kept = new ArrayList<>();
        double[] weights = new double[row.length];
        for (int id : ids) {
            weights[id] =
                    StrictMath.exp((row[id] - (double) row[ids[0]]) * (1.0 / params.temperature));
            if (weights[id] >= params.minP && (params.topK == 0 || kept.size() < params.topK)) {
                kept.add(id);
            }
        }
        if (params.topP < 1) {
            double mass = params.topP * sum(kept, weights);
            int count = 1;
            while (count < kept.size() && sum(kept.subList(0, count), weights) < mass) {
                count++;
            }
            kept = kept.subList(0, count);
        } else if (params.topK == 0) {
            Collections.sort(kept);
        }
        double target = uniform * sum(kept, weights);
        for (int id : kept) {
            target -= weights[id];
            if (target < 0) {
                return id;
            }
        }
        return kept.getLast();
    }

    private static double sum(List<Integer> ids, double[] weights) {
        return ids.stream().mapToDouble(id -> weights[id]).reduce(0, Double::sum);
    }

    private static float[] edited(
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

package dev.millrace.tools.profile;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Which methods threads were seen in. One thread. */
final class HotMethods {
    private static final int METHODS = 5;

    private final Map<String, Map<String, Integer>> threads = new HashMap<>();

    /**
     * A sample.
     *
     * @param method the innermost frame, class and name
     */
    void see(String thread, String method) {
        threads.computeIfAbsent(thread, _ -> new HashMap<>()).merge(method, 1, Integer::sum);
    }

    /**
     * Of one thread.
     *
     * @param methods the most frequent ones, with their share of its samples
     */
    record ThreadSamples(String name, int samples, List<String> methods) {}

    /** The busiest thread first. */
    List<ThreadSamples> threads() {
        return threads.entrySet().stream()
                .map(thread -> of(thread.getKey(), thread.getValue()))
                .sorted(Comparator.comparingInt(ThreadSamples::samples).reversed())
                .toList();
    }

    private static ThreadSamples of(String name, Map<String, Integer> methods) {
        int all = methods.values().stream().mapToInt(Integer::intValue).sum();
        List<String> hot =
                methods.entrySet().stream()
                        .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                        .limit(METHODS)
                        .map(method ->
                                "%s %.0f%%"
                                        .formatted(
                                                method.getKey(), 100.0 * method.getValue() / all))
                        .collect(Collectors.toList());
        return new ThreadSamples(name, all, hot);
    }
}

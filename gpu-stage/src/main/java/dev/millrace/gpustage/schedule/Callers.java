package dev.millrace.gpustage.schedule;

import java.util.Comparator;
import java.util.TreeSet;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * How much service each caller had: the virtual token counter of Sheng et al. 2024, "Fairness in
 * Serving Large Language Models" (arXiv:2401.00588).
 *
 * <p>Service is what was computed for a caller, weighed; what the prefix cache gave and what a
 * preemption made the lane compute again is not charged. Only callers with generations in the
 * scheduler are remembered. One that comes back is lifted to the least counter among them, so that
 * nobody saves up service by being away.
 */
final class Callers {
    /** Service of a prompt token that was computed. */
    static final int PROMPT_TOKEN = 1;

    /** Service of a token that was generated: a step of its own, not a share of a chunk. */
    static final int GENERATED_TOKEN = 2;

    private final Long2ObjectHashMap<Caller> byId = new Long2ObjectHashMap<>();

    /** By {@link Caller#ranked}, which lags behind and is brought up to date at the top only. */
    private final TreeSet<Caller> byService =
            new TreeSet<>(
                    Comparator.<Caller>comparingLong(caller -> caller.ranked)
                            .thenComparingLong(caller -> caller.id));

    /** One more generation of that caller. */
    Caller join(long id) {
        Caller caller = byId.get(id);
        if (caller == null) {
            caller = new Caller(id, leastService());
            byId.put(id, caller);
            byService.add(caller);
        }
        caller.generations++;
        return caller;
    }

    /** One generation less. */
    void leave(Caller caller) {
        if (--caller.generations == 0) {
            byId.remove(caller.id);
            byService.remove(caller);
        }
    }

    /** Charges what was computed of the generation and not charged. */
    static void charge(Generation generation, Caller caller) {
        int prompt = Math.min(generation.computedTokens(), generation.promptTokens());
        if (prompt > generation.chargedPromptTokens) {
            caller.service += (long) PROMPT_TOKEN * (prompt - generation.chargedPromptTokens);
            generation.chargedPromptTokens = prompt;
        }
        int generated = generation.newTokens();
        caller.service += (long) GENERATED_TOKEN * (generated - generation.chargedNewTokens);
        generation.chargedNewTokens = generated;
    }

    /** Callers that are remembered. */
    int size() {
        return byId.size();
    }

    private long leastService() {
        while (!byService.isEmpty()) {
            Caller least = byService.first();
            if (least.ranked == least.service) {
                return least.service;
            }
            byService.remove(least);
            least.ranked = least.service;
            byService.add(least);
        }
        return 0;
    }
}

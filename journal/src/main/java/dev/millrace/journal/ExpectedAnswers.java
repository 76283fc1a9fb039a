package dev.millrace.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers that clients say they received: each must be in the journal, whole. A name given twice is
 * expected twice, since clients may send an {@code x-request-id} again. One thread.
 */
final class ExpectedAnswers {
    private static final class Expectation {
        int wanted;
        int found;
    }

    private final Map<String, Expectation> byName = new LinkedHashMap<>();
    private final Map<Long, Set<Expectation>> byId = new LinkedHashMap<>();

    ExpectedAnswers(Collection<String> names) {
        for (String name : names) {
            Expectation expectation = byName.computeIfAbsent(name, key -> new Expectation());
            expectation.wanted++;
            RequestIds.parse(name)
                    .ifPresent(id ->
                            byId.computeIfAbsent(id, key -> new HashSet<>()).add(expectation));
        }
    }

    /** That request's last word is on record. */
    void complete(long requestId, String clientRequestId) {
        Set<Expectation> named = new HashSet<>(byId.getOrDefault(requestId, Set.of()));
        Expectation byClientsName = byName.get(clientRequestId);
        if (byClientsName != null) {
            named.add(byClientsName);
        }
        named.forEach(expectation -> expectation.found++);
    }

    List<String> missing() {
        List<String> missing = new ArrayList<>();
        byName.forEach((name, expectation) -> {
            for (int i = expectation.found; i < expectation.wanted; i++) {
                missing.add(name);
            }
        });
        return missing;
    }
}

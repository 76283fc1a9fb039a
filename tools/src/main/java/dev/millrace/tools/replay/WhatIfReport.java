package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What another policy or another model would have answered to the requests of a journal.
 *
 * @param journal whose requests they are
 * @param change what is otherwise, in words
 * @param requests in order of arrival
 * @param baseline the recorded policy and models in the same simulation: what comes of simulating
 *     alone; empty where it was not asked or cannot be had
 * @param different the requests that differ most, the farthest first
 * @param notes what a reader must know
 * @param executions steps and batches of the other policy
 * @param tokens that it sampled
 * @param millis all of it took
 */
record WhatIfReport(
        String journal,
        String change,
        List<Compared> requests,
        List<Compared> baseline,
        List<Different> different,
        List<String> notes,
        long executions,
        long tokens,
        long millis) {
    /** Requests that are shown with both texts. */
    static final int SHOWN = 20;

    /** What latencies are, in one sentence. */
    static final String LATENCIES =
            "Latencies are computed, not measured over HTTP: requests arrive when they arrived, and"
                    + " each step takes the time that it takes on this machine.";

    /** A request with both texts. */
    record Different(Compared compared, String recorded, String replayed) {}

    WhatIfReport {
        requests = List.copyOf(requests);
        baseline = List.copyOf(baseline);
        different = List.copyOf(different);
        notes = List.copyOf(notes);
    }

    /** Every request. */
    ComparedGroup all() {
        return new ComparedGroup("all", requests);
    }

    /** By the model that answered on record; refusals without one are left out. */
    List<ComparedGroup> models() {
        return groups(request -> request.request().model);
    }

    /** By caller, as the journal knows callers. */
    List<ComparedGroup> callers() {
        return groups(request -> RequestIds.hex(request.request().caller));
    }

    private List<ComparedGroup> groups(Function<Compared, String> by) {
        Map<String, List<Compared>> groups = new LinkedHashMap<>();
        for (Compared request : requests) {
            groups.computeIfAbsent(by.apply(request), _ -> new ArrayList<>()).add(request);
        }
        groups.remove("");
        return groups.entrySet().stream()
                .map(group -> new ComparedGroup(group.getKey(), group.getValue()))
                .toList();
    }
}

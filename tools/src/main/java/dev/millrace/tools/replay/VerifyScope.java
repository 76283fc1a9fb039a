package dev.millrace.tools.replay;

import dev.millrace.config.ConfigException;
import dev.millrace.journal.RequestIds;
import dev.millrace.tools.journal.RecordedRange;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a journal is verified.
 *
 * @param range by time of arrival; what arrived earlier in the same run is computed as well, for
 *     what it left in caches, and gets no verdict
 * @param only ids of the requests that are computed at all; empty for every one
 */
record VerifyScope(RecordedRange range, Set<Long> only) {
    /** All of it. */
    static final VerifyScope ALL = new VerifyScope(new RecordedRange(), Set.of());

    /**
     * Reads ids as people name requests.
     *
     * @param ids in hex, as verdicts show them
     * @throws ConfigException where one is no id
     */
    static VerifyScope of(RecordedRange range, List<String> ids) {
        range.check();
        Set<Long> only = new HashSet<>();
        for (String id : ids) {
            only.add(
                    RequestIds.parse(id)
                            .orElseThrow(() ->
                                    new ConfigException(
                                            "--only",
                                            id,
                                            "ids of requests, in hex, as in verdicts")));
        }
        return new VerifyScope(range, only);
    }

    /** The run as far as it is computed. */
    RecordedRun computed(RecordedRun run) {
        return only.isEmpty() ? run : run.only(only);
    }

    /**
     * Whether a request gets a verdict.
     *
     * @param firstWallNanos when the journal's first request arrived
     */
    boolean asks(RecordedRequest request, long firstWallNanos) {
        return range.contains(request.arrivalWallNanos, firstWallNanos);
    }
}

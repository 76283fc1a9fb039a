package dev.millrace.tools.replay;

import org.jspecify.annotations.Nullable;

/**
 * What a replay says of one request, and why.
 *
 * @param model that answered, or empty
 * @param caller whose request it was, as the journal knows callers
 * @param unfinished the recording ends before the answer does: compared as far as it goes
 * @param detail empty for EXACT; else the first difference, or what could not be compared
 * @param divergence the token where a DIVERGED text parts, where there is one
 */
record Verdict(
        long requestId,
        String clientRequestId,
        String model,
        long caller,
        Outcome outcome,
        boolean unfinished,
        String detail,
        @Nullable Divergence divergence) {}

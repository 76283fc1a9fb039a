package dev.millrace.tools.journal;

import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;

/** Entries of steps in words. */
final class StepWords {
    private StepWords() {}

    /** {@code prompt 0 to 23}, {@code decode 24}, {@code decode 24 to 26 (2 drafts)}. */
    static String range(int start, int count, int drafts) {
        // One token that is not a guess: the one chosen last.
        String phase = start > 0 && count - drafts == 1 ? "decode" : "prompt";
        String end = count > 1 ? " to " + (start + count - 1) : "";
        String guesses = drafts > 0 ? " (" + drafts + " drafts)" : "";
        return phase + " " + start + end + guesses;
    }

    static String range(StepRecord step, int entry) {
        return range(step.start(entry), step.count(entry), step.drafts(entry));
    }

    /** With its request, and its run where that is not the first. */
    static String entry(StepRecord step, int entry) {
        String run = step.run(entry) == 0 ? "" : "[" + step.run(entry) + "]";
        return RequestIds.hex(step.request(entry)) + run + " " + range(step, entry);
    }
}

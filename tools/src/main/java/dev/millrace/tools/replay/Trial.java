package dev.millrace.tools.replay;

import java.io.IOException;
import java.util.List;

/** Replays some requests of a run alone, to see whether they are enough for it to go wrong. */
@FunctionalInterface
interface Trial {
    /**
     * What went wrong.
     *
     * @param verdicts on the requests whose answer came out otherwise
     * @param end how the process ended that replayed; empty where it ended well
     */
    record Seen(List<Verdict> verdicts, String end) {
        /** Nothing did. */
        static final Seen WELL = new Seen(List.of(), "");

        boolean wrong() {
            return !verdicts.isEmpty() || !end.isEmpty();
        }
    }

    /**
     * Replays.
     *
     * @param part ids of the requests, in order of arrival
     */
    Seen replay(RecordedRun run, List<Long> part) throws IOException;
}

package dev.millrace.stages.ratelimit;

import java.util.ArrayList;
import java.util.List;

/** What telemetry gave back, for tests of other packages. */
public final class Settled {
    private Settled() {}

    /** Takes out everything that waits, as {@code callerId:tokens}. */
    public static List<String> of(Settlements settlements) {
        var settled = new ArrayList<String>();
        settlements.drain((callerId, tokens) -> settled.add(callerId + ":" + tokens));
        return settled;
    }
}

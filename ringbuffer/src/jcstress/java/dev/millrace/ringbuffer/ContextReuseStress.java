package dev.millrace.ringbuffer;

import static java.util.Objects.requireNonNull;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Whoever claims a context sees all that was written before it was released. */
@JCStressTest
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "Not released yet.")
@Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "Released, with what was written.")
@Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "Claimed without what was written.")
@State
public class ContextReuseStress {
    private final InFlight inFlight = new InFlight(2);
    private final RequestContext context;

    public ContextReuseStress() {
        context = requireNonNull(inFlight.claim());
        inFlight.claim();
    }

    /** Telemetry: the request is over. */
    @Actor
    public void telemetry() {
        context.promptTokens = 7;
        inFlight.release(context);
    }

    /** A door: the next request. */
    @Actor
    public void door(I_Result result) {
        RequestContext claimed = inFlight.claim();
        result.r1 = claimed == null ? -1 : claimed.promptTokens;
    }
}

package dev.millrace.gpustage.lane;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * One execution of a model: a step of a text model, or a batch of any other. Reused by its lane's
 * thread.
 */
@Name("millrace.Step")
@Label("Step")
@Category({"Millrace", "Engine"})
@Description("One execution of a model by its lane")
@StackTrace(false)
final class StepEvent extends Event {
    @Label("Lane")
    String lane = "";

    @Label("Step")
    @Description("Counts the lane's executions from 0")
    long step;

    @Label("Entries")
    @Description("Generations of a step, texts or requests of a batch")
    int entries;

    @Label("Tokens")
    @Description("Tokens computed, prompts included; rows for tensor models")
    int tokens;

    @Label("Plan")
    @Description("Deciding what the step computes")
    @Timespan(Timespan.NANOSECONDS)
    long planNanos;

    @Label("Model")
    @Description("The native call, or calls where it was repeated")
    @Timespan(Timespan.NANOSECONDS)
    long modelNanos;

    @Label("Sample")
    @Description("Choosing tokens and publishing them")
    @Timespan(Timespan.NANOSECONDS)
    long sampleNanos;

    @Label("Failed")
    @Description("Whether it threw, and each entry was executed again alone")
    boolean failed;
}

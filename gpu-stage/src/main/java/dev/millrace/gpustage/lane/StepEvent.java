package dev.millrace.gpustage.lane;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

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

    @Label("Failed")
    @Description("Whether it threw, and each entry was executed again alone")
    boolean failed;
}

package dev.millrace.ringbuffer;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A lane left its pipeline and was closed. On the control path. */
@Name("millrace.LaneUnload")
@Label("Lane Unload")
@Category({"Millrace", "Engine"})
@Description("A lane ended what it had begun, left the ring and gave back its memory")
@StackTrace(false)
final class LaneUnloadEvent extends Event {
    @Label("Lane")
    String lane = "";
}

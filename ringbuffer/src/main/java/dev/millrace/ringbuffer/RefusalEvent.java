package dev.millrace.ringbuffer;

import java.util.HexFormat;
import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A request that got an error and no answer. Any thread; made only where somebody records it. */
@Name("millrace.Refusal")
@Label("Refusal")
@Category("Millrace")
@Description("A request got an error instead of an answer")
@StackTrace(false)
public final class RefusalEvent extends Event {
    /** Only ever asked whether somebody records: an event that nobody wants would be garbage. */
    private static final RefusalEvent ASKED = new RefusalEvent();

    @Label("Stage")
    @Description("Which one refused it; infer where its lane did")
    String stage = "";

    @Label("Status")
    String status = "";

    @Label("HTTP Status")
    int httpStatus;

    @Label("Caller")
    @Description("Hash of its API key or address, as in the journal; empty where unknown")
    String caller = "";

    @Label("Model")
    @Description("Empty where none was found")
    String model = "";

    @Label("Request Id")
    @Description("Hexadecimal, as in the journal; empty at the door, which records nothing")
    String requestId = "";

    private RefusalEvent() {}

    /** By the door: nothing of the request is on record. */
    public static void atDoor(RequestStatus status) {
        if (ASKED.isEnabled()) {
            var event = new RefusalEvent();
            event.take(Stage.DOOR, status);
            event.commit();
        }
    }

    /** By a stage or a lane; nothing where the request was answered, or its client went away. */
    public static void emit(RequestContext context) {
        RequestStatus status = context.status;
        if (status == RequestStatus.OK || status == RequestStatus.CANCELLED || !ASKED.isEnabled()) {
            return;
        }
        var event = new RefusalEvent();
        event.take(stageOf(context), status);
        event.caller = HexFormat.of().toHexDigits(context.callerId);
        event.requestId = HexFormat.of().toHexDigits(context.requestId);
        ModelEntry model = context.model;
        event.model = model == null ? "" : model.name();
        event.commit();
    }

    private void take(Stage by, RequestStatus refusal) {
        stage = by.label();
        status = refusal.name().toLowerCase(Locale.ROOT);
        httpStatus = refusal.httpStatus();
    }

    /** A stage does not see what one before it refused. */
    private static Stage stageOf(RequestContext context) {
        return switch (context.status) {
            case JOURNAL_FAILED -> Stage.JOURNAL;
            case RATE_LIMITED -> Stage.RATE_LIMIT;
            default -> {
                Stamps stamps = context.stamps;
                if (stamps.doneNanos(Stage.QUEUE) != 0) {
                    yield Stage.INFER;
                }
                yield stamps.doneNanos(Stage.RATE_LIMIT) == 0 ? Stage.DECODE : Stage.BATCH;
            }
        };
    }
}

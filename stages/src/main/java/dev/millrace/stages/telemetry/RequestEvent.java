package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import java.util.HexFormat;
import java.util.Locale;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * A request's life, stage by stage: the fields from {@code door} to {@code reply} sum to {@code
 * total}, to the nanosecond. Committed on: the {@code telemetry} thread.
 */
@Name("millrace.Request")
@Label("Request")
@Category("Millrace")
@Description("A request that ended, and how long each stage had it")
@StackTrace(false)
final class RequestEvent extends Event {
    /** Only ever asked whether somebody records: an event that nobody wants would be garbage. */
    private static final RequestEvent ASKED = new RequestEvent();

    @Label("Request Id")
    @Description("Hexadecimal, as in the answer's id and in the journal")
    String requestId = "";

    @Label("Model")
    String model = "";

    @Label("Route")
    String route = "";

    @Label("Status")
    String status = "";

    @Label("Streamed")
    boolean streamed;

    @Label("Prompt Tokens")
    int promptTokens;

    @Label("Completion Tokens")
    int completionTokens;

    @Label("Door")
    @Timespan(Timespan.NANOSECONDS)
    long door;

    @Label("Decode")
    @Timespan(Timespan.NANOSECONDS)
    long decode;

    @Label("Rate Limit")
    @Timespan(Timespan.NANOSECONDS)
    long rateLimit;

    @Label("Batch")
    @Timespan(Timespan.NANOSECONDS)
    long batch;

    @Label("Queue")
    @Timespan(Timespan.NANOSECONDS)
    long queue;

    @Label("Infer")
    @Timespan(Timespan.NANOSECONDS)
    long infer;

    @Label("Reply Journal")
    @Timespan(Timespan.NANOSECONDS)
    long replyJournal;

    @Label("Reply")
    @Timespan(Timespan.NANOSECONDS)
    long reply;

    @Label("Journal")
    @Description("Beside decode, and so no part of the sum")
    @Timespan(Timespan.NANOSECONDS)
    long journal;

    @Label("Time to First Token")
    @Description("From arrival; 0 where no token was made")
    @Timespan(Timespan.NANOSECONDS)
    long firstToken;

    @Label("Total")
    @Description("From arrival to the end of the last stage")
    @Timespan(Timespan.NANOSECONDS)
    long total;

    /** Commits the event where somebody records it. */
    static void emit(RequestContext context) {
        if (ASKED.isEnabled()) {
            var event = new RequestEvent();
            event.take(context);
            event.commit();
        }
    }

    private void take(RequestContext context) {
        requestId = HexFormat.of().toHexDigits(context.requestId);
        model = TelemetryHandler.modelName(context);
        route = context.route.path();
        status = context.status.name().toLowerCase(Locale.ROOT);
        streamed = context.stream;
        promptTokens = context.promptTokens;
        completionTokens = context.completionTokens;
        Stamps stamps = context.stamps;
        door = stamps.durationNanos(Stage.DOOR);
        decode = stamps.durationNanos(Stage.DECODE);
        rateLimit = stamps.durationNanos(Stage.RATE_LIMIT);
        batch = stamps.durationNanos(Stage.BATCH);
        queue = stamps.durationNanos(Stage.QUEUE);
        infer = stamps.durationNanos(Stage.INFER);
        replyJournal = stamps.durationNanos(Stage.REPLY_JOURNAL);
        reply = stamps.durationNanos(Stage.REPLY);
        journal = StageMeters.journalNanos(stamps);
        long firstTokenNanos = stamps.firstTokenNanos();
        firstToken = firstTokenNanos == 0 ? 0 : firstTokenNanos - stamps.arrivalNanos();
        total = stamps.totalNanos();
    }
}

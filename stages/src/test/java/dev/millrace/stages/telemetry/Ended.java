package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.reply.Replies;
import java.util.concurrent.atomic.AtomicReference;

/** Requests that end at a telemetry handler, by a clock set by hand. */
final class Ended implements AutoCloseable {
    final Settlements settlements = new Settlements(2);
    final Replies replies;
    long nowNanos = 1_000_000;
    boolean clockFails;
    private final AtomicReference<Metrics> metrics = new AtomicReference<>();

    Ended(boolean logRequests) {
        replies = new Replies(rings -> handler(rings, logRequests));
    }

    private TelemetryHandler handler(Rings rings, boolean logRequests) {
        var made = new Metrics(rings);
        metrics.set(made);
        return new TelemetryHandler(
                made, rings.inFlight(), settlements, this::nanoTime, logRequests);
    }

    private long nanoTime() {
        if (clockFails) {
            throw new IllegalStateException("no time");
        }
        return nowNanos;
    }

    Metrics metrics() {
        Metrics made = metrics.get();
        if (made == null) {
            throw new AssertionError("no handler was made");
        }
        return made;
    }

    /** The sample of exactly that name and labels, as /metrics prints it. */
    double sample(String series) {
        return metrics()
                .scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow(
                        () -> new AssertionError(series + " is not in\n" + metrics().scrape()));
    }

    /** A completion that went through every stage in uneven steps: 7,800 ns in all. */
    RequestContext completion() {
        RequestContext context =
                replies.request(Route.OPENAI_COMPLETIONS, ModelKind.GENERATE, "unused");
        context.promptTokens = 5;
        context.stamps.begin(10_000);
        context.stamps.done(Stage.DOOR, 10_101);
        context.stamps.done(Stage.JOURNAL, 10_180);
        context.stamps.done(Stage.DECODE, 10_350);
        context.stamps.done(Stage.RATE_LIMIT, 10_357);
        context.stamps.done(Stage.BATCH, 10_400);
        context.stamps.done(Stage.QUEUE, 11_000);
        context.stamps.firstToken(13_000);
        context.stamps.done(Stage.INFER, 17_003);
        context.stamps.done(Stage.REPLY_JOURNAL, 17_500);
        context.stamps.done(Stage.REPLY, 17_800);
        return context;
    }

    /** A completion refused by rate-limit: no lane saw it. */
    RequestContext refused() throws Exception {
        RequestContext context =
                replies.request(Route.OPENAI_COMPLETIONS, ModelKind.GENERATE, "unused");
        context.promptTokens = 5;
        context.stamps.begin(10_000);
        context.stamps.done(Stage.DOOR, 10_100);
        context.stamps.done(Stage.DECODE, 10_200);
        context.stamps.done(Stage.REPLY, 10_300);
        replies.failure(context, RequestStatus.RATE_LIMITED, "too many", null);
        return context;
    }

    void end(RequestContext context, FinishReason finish, int... tokens) throws Exception {
        replies.tokens(context, 0, finish, true, tokens);
    }

    @Override
    public void close() {
        replies.close();
    }
}

package dev.millrace.stages.telemetry;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.InFlight;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RefusalEvent;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.ratelimit.Settlements;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The last stage: on a request's last reply its stamps become histograms, a JFR event and, where
 * asked for, a log line; permits it did not use go back; and its context returns to {@link
 * InFlight}, once, whatever went wrong before. Runs on: the {@code telemetry} thread.
 */
public final class TelemetryHandler implements EventHandler<ReplySlot> {
    /** Label of requests that were refused before their model was found. */
    private static final String NO_MODEL = "none";

    private static final int ROUTES = Route.values().length;

    private final Metrics metrics;
    private final MeterRegistry registry;
    private final StageMeters stages;
    private final InFlight inFlight;
    private final Settlements settlements;
    private final NanoClock clock;
    private final boolean logRequests;
    private final Map<String, @Nullable RequestMeters[]> byModel = new HashMap<>();
    private final Map<String, VllmMeters> vllm = new HashMap<>();

    /** By context: the request whose tokens passed last, and when. */
    private final long[] streamIds;

    private final long[] tokensNanos;

    /** By context: the last request returned. */
    private final long[] releasedIds;

    /**
     * @param logRequests {@code log.requests}
     */
    public TelemetryHandler(
            Metrics metrics,
            InFlight inFlight,
            Settlements settlements,
            NanoClock clock,
            boolean logRequests) {
        this.metrics = metrics;
        this.registry = metrics.registry();
        this.stages = new StageMeters(metrics);
        this.inFlight = inFlight;
        this.settlements = settlements;
        this.clock = clock;
        this.logRequests = logRequests;
        streamIds = new long[inFlight.capacity()];
        tokensNanos = new long[inFlight.capacity()];
        releasedIds = new long[inFlight.capacity()];
        Arrays.fill(streamIds, -1);
        Arrays.fill(releasedIds, -1);
    }

    @Override
    public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
        RequestContext context = slot.context();
        if (!slot.last) {
            observe(slot, context);
            return;
        }
        if (context.requestId != slot.requestId || releasedIds[context.index] == slot.requestId) {
            // A second last word: the context may be somebody else's by this time.
            throw new IllegalStateException("request ended twice");
        }
        try {
            observe(slot, context);
            ended(slot, context);
        } finally {
            releasedIds[context.index] = slot.requestId;
            inFlight.release(context);
        }
    }

    /** Tokens on their way. */
    private void observe(ReplySlot slot, RequestContext context) {
        if (slot.kind != ReplySlot.Kind.TOKENS || context.replayed) {
            return;
        }
        String model = modelName(context);
        vllm(model).runEnded(slot.finish);
        // Runs of one request come interleaved; answers that are not streamed come in portions.
        if (!context.stream || context.runs != 1 || slot.count == 0 || slot.prompt) {
            return;
        }
        long now = clock.nanoTime();
        if (streamIds[context.index] == slot.requestId) {
            long gap = now - tokensNanos[context.index];
            meters(model, context.route).tokensAfter(gap);
            vllm(model).tokensAfter(gap);
        }
        streamIds[context.index] = slot.requestId;
        tokensNanos[context.index] = now;
    }

    private void ended(ReplySlot slot, RequestContext context) {
        String model = modelName(context);
        boolean executed = RequestMeters.executed(context);
        settlements.offer(context.callerId, Settlements.tokensBack(context));
        stages.record(context.stamps);
        meters(model, context.route).ended(context);
        ModelEntry entry = context.model;
        if (executed && entry != null && entry.kind() == ModelKind.GENERATE) {
            vllm(model).ended(context, slot.kind == ReplySlot.Kind.FAILURE);
        }
        RequestEvent.emit(context);
        RefusalEvent.emit(context);
        if (logRequests) {
            RequestLog.write(context);
        }
    }

    /** The name that labels and events carry. */
    static String modelName(RequestContext context) {
        ModelEntry model = context.model;
        return model == null ? NO_MODEL : model.name();
    }

    private RequestMeters meters(String model, Route route) {
        @Nullable RequestMeters[] byRoute = byModel.get(model);
        if (byRoute == null) {
            byRoute = new @Nullable RequestMeters[ROUTES];
            byModel.put(model, byRoute);
        }
        RequestMeters meters = byRoute[route.ordinal()];
        if (meters == null) {
            meters = new RequestMeters(metrics, model, route);
            byRoute[route.ordinal()] = meters;
        }
        return meters;
    }

    private VllmMeters vllm(String model) {
        VllmMeters meters = vllm.get(model);
        if (meters == null) {
            meters = new VllmMeters(registry, model);
            vllm.put(model, meters);
        }
        return meters;
    }
}

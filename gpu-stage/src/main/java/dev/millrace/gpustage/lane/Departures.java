package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.guide.GuideCompiler;
import dev.millrace.gpustage.guide.Guided;
import dev.millrace.gpustage.schedule.Scheduler;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Ends text requests that nobody waits for any more, that would come too late, or that cannot be
 * begun: once a turn, so that a replay finds out the same at the same step.
 *
 * <p>Runs on the lane's thread.
 */
final class Departures {
    private final LaneLoop lane;
    private final Scheduler<Run> scheduler;
    private final List<Run> found = new ArrayList<>();

    /** Made once: it is asked in every turn. */
    private final Predicate<Run> cancelled;

    /** Requests whose form is being compiled. */
    private final List<TextRequest> forming = new ArrayList<>();

    Departures(LaneLoop lane, Scheduler<Run> scheduler) {
        this.lane = lane;
        this.scheduler = scheduler;
        this.cancelled = run -> lane.cancelled(run.request.context);
    }

    /** A request was taken. */
    void arrived(TextRequest request) {
        if (request.form == TextRequest.Form.PENDING) {
            forming.add(request);
        }
    }

    /** Notices which forms are compiled, who went away and what is too late. */
    void notice(LaneTurn turn) {
        // Forms are compiled by another thread: they are there from the turn that noticed it.
        if (!forming.isEmpty()) {
            forming.removeIf(request -> request.ended || formNoticed(request, turn));
        }
        found.clear();
        scheduler.collect(cancelled, found);
        for (Run run : found) {
            end(run.request, RequestStatus.CANCELLED, "the client went away", null);
        }
        found.clear();
        scheduler.expired(turn.nowNanos, found);
        for (Run run : found) {
            if (!run.request.ended) {
                turn.event(LaneTurn.Event.EXPIRED, run.request.context.requestId);
                end(run.request, RequestStatus.DEADLINE, "the request's deadline has passed", null);
            }
        }
        found.clear();
        scheduler.collect(run -> run.request.form == TextRequest.Form.REFUSED, found);
        for (Run run : found) {
            refuseForm(run.request);
        }
    }

    private boolean formNoticed(TextRequest request, LaneTurn turn) {
        Guided guided = request.guided;
        long id = request.context.requestId;
        if (guided == null || compiling(guided, id)) {
            return false;
        }
        if (guided.state() == Guided.State.READY && refusedOnRecord(id)) {
            // What compiles was refused because too many others waited then.
            guided = GuideCompiler.overloaded();
            request.guided = guided;
        }
        boolean ready = guided.state() == Guided.State.READY;
        turn.event(ready ? LaneTurn.Event.FORM_READY : LaneTurn.Event.FORM_REFUSED, id);
        request.form = ready ? TextRequest.Form.READY : TextRequest.Form.REFUSED;
        return true;
    }

    private boolean compiling(Guided guided, long requestId) {
        LaneTurn repeated = lane.script();
        if (repeated == null) {
            return guided.state() == Guided.State.PENDING;
        }
        if (!repeated.names(LaneTurn.Event.FORM_READY, requestId)
                && !repeated.names(LaneTurn.Event.FORM_REFUSED, requestId)) {
            return true;
        }
        guided.await();
        return false;
    }

    private boolean refusedOnRecord(long requestId) {
        LaneTurn repeated = lane.script();
        return repeated != null && repeated.names(LaneTurn.Event.FORM_REFUSED, requestId);
    }

    private void refuseForm(TextRequest request) {
        Guided guided = request.guided;
        if (guided != null && request.sampling.structured != null) {
            String field = request.sampling.structured.field();
            end(request, guided.status(), field + ": " + guided.message(), field);
        }
    }

    /** Ends a request with all its runs; one that has ended stays as it is. */
    void end(TextRequest request, RequestStatus status, String message, @Nullable String field) {
        if (request.ended) {
            return;
        }
        request.ended = true;
        for (List<Run> runs : request.prompts) {
            for (Run run : runs) {
                if (run.end == null) {
                    scheduler.remove(run);
                }
            }
        }
        lane.ended();
        lane.output.refuse(request.context, status, message, field);
    }
}

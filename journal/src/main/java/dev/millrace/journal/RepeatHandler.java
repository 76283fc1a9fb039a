package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.HeadLines;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import org.jspecify.annotations.Nullable;

/**
 * Knows requests again: by their {@code Idempotency-Key}, or by the stream that {@code
 * Last-Event-ID} names. One whose answer is on record goes to {@link RecordedLane}; one that was
 * not answered is tried anew, as the request that it was; others are remembered.
 *
 * <p>Runs on: the {@code batch} stage's thread, behind its handler. Allocates for requests that
 * name a key or stream, and for no others.
 */
final class RepeatHandler implements EventHandler<RequestSlot> {
    static final byte[] KEY = HeadLines.name("idempotency-key");

    private final KnownRequests known;
    private final RequestDigests digests = new RequestDigests();
    private final PayloadDigest bodies = new PayloadDigest();

    RepeatHandler(KnownRequests known) {
        this.known = known;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (!slot.admitted()) {
            return;
        }
        RequestContext context = slot.context();
        int keyOffset = HeadLines.value(slot.head.buffer(), slot.head.length(), KEY);
        if (keyOffset == HeadLines.NONE && !context.stream) {
            return;
        }
        context.resumable = context.stream;
        Digest128 key = keyOffset == HeadLines.NONE ? null : key(slot, context, keyOffset);
        Digest128 digest =
                digests.request(
                        context.callerId,
                        context.route,
                        slot.pathModel,
                        slot.pathVersion,
                        slot.inferenceHeaderLength,
                        bodies.of(slot.body.buffer(), slot.body.length()));
        if (context.resumes != 0) {
            resume(slot, context, key, digest);
            return;
        }
        KnownRequest before = key == null ? null : known.byKey(key);
        if (before == null) {
            remember(slot, context, key, digest);
        } else {
            repeat(slot, context, before, digest, "Idempotency-Key");
        }
    }

    private Digest128 key(RequestSlot slot, RequestContext context, int from) {
        int to = HeadLines.end(slot.head.buffer(), slot.head.length(), from);
        return digests.key(context.callerId, slot.head.buffer(), from, to - from);
    }

    private void remember(
            RequestSlot slot, RequestContext context, @Nullable Digest128 key, Digest128 digest) {
        var request =
                new KnownRequest(
                        context.requestId,
                        context.requestId,
                        context.arrivalEpochNanos,
                        context.callerId,
                        key,
                        digest,
                        slot.sampling.seed);
        context.known = request;
        known.put(request);
    }

    private void resume(
            RequestSlot slot, RequestContext context, @Nullable Digest128 key, Digest128 digest) {
        KnownRequest before = known.byId(context.resumes);
        if (before == null || before.callerId != context.callerId) {
            refuseUnknownStream(context);
        } else if (key != null && !key.equals(before.key)) {
            context.refuse(
                    RequestStatus.NOT_THE_SAME,
                    "Idempotency-Key: the stream that Last-Event-ID names was asked for with"
                            + (before.key == null ? "out one" : " another one"),
                    "Idempotency-Key");
        } else {
            repeat(slot, context, before, digest, "Last-Event-ID");
        }
    }

    static void refuseUnknownStream(RequestContext context) {
        context.refuse(
                RequestStatus.NOT_ON_RECORD,
                "Last-Event-ID: this caller's stream "
                        + RequestIds.hex(context.resumes)
                        + " is not known here, or no longer; ask without it",
                "Last-Event-ID");
    }

    private void repeat(
            RequestSlot slot,
            RequestContext context,
            KnownRequest before,
            Digest128 digest,
            String header) {
        if (!digest.equals(before.digest)) {
            context.refuse(
                    RequestStatus.NOT_THE_SAME,
                    header
                            + ": request "
                            + RequestIds.hex(before.originId)
                            + " has it with another path or body; expected the same request",
                    header);
            return;
        }
        KnownRequest.State state = before.state();
        if (state == KnownRequest.State.RUNNING) {
            context.refuse(
                    RequestStatus.IN_PROGRESS,
                    header
                            + ": request "
                            + RequestIds.hex(before.originId)
                            + " is still being answered; ask again in a moment",
                    header);
            return;
        }
        context.repeats = before.originId;
        context.repeatsEpochNanos = before.originEpochNanos;
        if (state == KnownRequest.State.ANSWERED) {
            context.known = before;
            context.replayed = true;
            slot.lane = Lane.RECORDED;
        } else {
            slot.sampling.seed = before.seed;
            KnownRequest again =
                    new KnownRequest(
                            context.requestId,
                            before.originId,
                            before.originEpochNanos,
                            before.callerId,
                            before.key,
                            digest,
                            before.seed);
            context.known = again;
            known.put(again);
        }
    }
}

package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.schedule.LengthQueue;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * One text of an embedding request; the request ends with its last one. Owned by the lane's thread.
 */
final class EmbedText implements LengthQueue.Text {
    final Request request;
    final int index;
    final int[] ids;

    EmbedText(Request request, int index, int[] ids) {
        this.request = request;
        this.index = index;
        this.ids = ids;
    }

    /** What the texts of one request share. */
    static final class Request {
        final RequestContext context;
        final int batchKey;
        final long dueNanos;
        boolean started;
        boolean ended;

        Request(RequestSlot slot) {
            context = slot.context();
            batchKey = slot.batchKey;
            dueNanos = slot.dueNanos;
        }
    }

    @Override
    public int tokens() {
        return ids.length;
    }

    @Override
    public int rows() {
        return 1;
    }

    @Override
    public int batchKey() {
        return request.batchKey;
    }

    @Override
    public long dueNanos() {
        return request.dueNanos;
    }
}

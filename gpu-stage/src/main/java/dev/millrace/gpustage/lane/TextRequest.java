package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.SamplingParams;

/** What the runs of one text request share. Owned by the lane's thread. */
final class TextRequest {
    final RequestContext context;
    final SamplingParams sampling = new SamplingParams();
    boolean started;
    boolean ended;

    TextRequest(RequestContext context, SamplingParams sampling) {
        this.context = context;
        this.sampling.copyFrom(sampling);
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * One protocol's parsing: body to validated request in slot and context. Used by the decode thread
 * only; keeps scratch memory between requests, but nothing of a request.
 */
interface RequestDecoder {
    /**
     * Fills what decode writes in slot and context.
     *
     * @throws BadRequest with what the client is told. Whatever was put into {@code slot.decoded}
     *     stays there: batch releases it with the refusal
     */
    void decode(RequestSlot slot, RequestContext context);
}

package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TurnJournal;

/**
 * The handlers that put a server's requests and answers on record, or do not: {@link NoJournal}.
 */
public interface Recorder {
    /**
     * What the request ring puts on record.
     *
     * @param requests for {@code journal}
     * @param decisions for behind {@code batch}
     */
    record RequestHandlers(
            EventHandler<RequestSlot> requests, EventHandler<RequestSlot> decisions) {}

    /**
     * Both of them. Call once.
     *
     * @param oneThread whether one thread runs both: a batch of requests and what was decided about
     *     them is then one append
     */
    RequestHandlers requestHandlers(boolean oneThread);

    /**
     * For {@code batch}, behind its handler: finds requests whose answer is on record. Call once.
     */
    EventHandler<RequestSlot> repeatHandler();

    /** For {@code reply-journal}: answers. Call once. */
    EventHandler<ReplySlot> replyHandler();

    /** For one lane: its turns. Call once for each, before it starts. */
    TurnJournal turnJournal();
}

package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;

/**
 * What completions and chat have in common: runs gathered to one answer, or sent as server-sent
 * events (OpenAI API, "Streaming") that end with {@code data: [DONE]}. Runs on: the {@code reply}
 * thread.
 *
 * <p>With {@code stream_options.include_timings} the last chunk says what each stage took.
 *
 * <p>With {@code stream_options.include_usage} every chunk says {@code "usage":null} and one more,
 * without choices, gives the totals. Where a stream can be read on, its events have ids: {@link
 * StreamProgress}; a client that had a part of it gets the rest.
 */
abstract class TextEncoder implements ReplyEncoder {
    private static final byte[] EVENT = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT_END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private final GrowingBytes out = new GrowingBytes(4096, GrowingBytes.KEPT_BY_ENCODER_BYTES);
    private final JsonWriter json = new JsonWriter(out);
    private final AnswerPool<TextAnswer> answers = new AnswerPool<>(TextAnswer::new);

    /** The members before {@code choices}, the same on every chunk of one answer. */
    abstract void head(JsonWriter json, RequestContext context);

    /** The whole of run {@code index} as one choice. */
    abstract void choice(JsonWriter json, TextAnswer answer, int index, OpenAiExchange exchange);

    /** Members of a whole answer beside its choices. */
    abstract void wholeOnly(JsonWriter json, TextAnswer answer, OpenAiExchange exchange);

    /** Chunks of the first {@code runs} runs that come before any text. */
    abstract void opening(Chunks chunks, int runs);

    /** What a reply added to run {@code index}, as one chunk or more; may be nothing. */
    abstract void progress(Chunks chunks, TextRun run, int index);

    @Override
    public final void encode(ReplySlot slot, RequestContext context, ReplySink sink) {
        OpenAiExchange exchange = OpenAiMembers.exchange(context);
        TextAnswer answer = answer(context, exchange);
        if (slot.prompt) {
            answer.acceptPrompt(slot, exchange);
            return;
        }
        TextRun run = answer.run(slot.index);
        StreamProgress progress = answer.progress;
        int had = progress == null ? 0 : progress.accept(slot);
        run.accept(slot, exchange, had);
        if (slot.finish == FinishReason.CANCELLED) {
            if (slot.last) {
                sink.abort(context);
            }
        } else if (context.stream) {
            if (progress != null && progress.parted(slot.last)) {
                part(context, sink, answer);
                return;
            }
            boolean news = progress == null || !progress.has(slot, had);
            if (progress != null && !news && slot.finish != FinishReason.NONE) {
                progress.end(slot.index);
            }
            stream(slot, context, sink, answer, news);
        } else if (slot.last) {
            whole(context, sink, answer);
        }
    }

    @Override
    public final void forget(RequestContext context) {
        if (context.encoding instanceof TextAnswer answer) {
            context.encoding = null;
            answer.end();
            answers.give(answer);
        }
    }

    private TextAnswer answer(RequestContext context, OpenAiExchange exchange) {
        if (context.encoding instanceof TextAnswer begun) {
            return begun;
        }
        TextAnswer answer = answers.take();
        answer.begin(context, exchange);
        out.clear();
        head(json.begin(), context);
        answer.head.add(out);
        context.encoding = answer;
        return answer;
    }

    private void whole(RequestContext context, ReplySink sink, TextAnswer answer) {
        OpenAiExchange exchange = OpenAiMembers.exchange(context);
        out.clear();
        json.begin().beginObject().raw(answer.head);
        json.name("choices").beginArray();
        for (int i = 0; i < context.runs; i++) {
            choice(json, answer, i, exchange);
        }
        json.endArray();
        wholeOnly(json, answer, exchange);
        OpenAiMembers.usage(json, context);
        json.endObject();
        sink.answer(context, 200, ReplySink.ContentType.JSON, -1, out.view(), 0, out.length());
    }

    private void stream(
            ReplySlot slot,
            RequestContext context,
            ReplySink sink,
            TextAnswer answer,
            boolean news) {
        TextRun run = answer.run(slot.index);
        out.clear();
        Chunks chunks = chunks(answer, context);
        if ((news || slot.last) && !context.headSent) {
            sink.beginStream(context, ReplySink.ContentType.EVENT_STREAM);
            context.headSent = true;
            if (answer.progress == null || !answer.progress.resumed()) {
                opening(chunks, context.runs);
            }
        }
        if (news) {
            progress(chunks, run, slot.index);
        }
        run.clear();
        if (slot.last) {
            chunks.totals(context);
            out.add(DONE, 0, DONE.length);
        }
        if (out.length() > 0) {
            sink.stream(context, out.view(), 0, out.length());
        }
        if (slot.last) {
            sink.endStream(context);
        }
    }

    /** Made once for an answer: a token must cost no garbage. */
    private Chunks chunks(TextAnswer answer, RequestContext context) {
        Chunks made = answer.chunks;
        if (made == null) {
            made = new Chunks(answer, OpenAiMembers.exchange(context));
            answer.chunks = made;
        }
        return made;
    }

    /** What was computed again is not what the client has: the rest would not belong to it. */
    private void part(RequestContext context, ReplySink sink, TextAnswer answer) {
        if (answer.parted) {
            return;
        }
        answer.parted = true;
        context.cancel(context.requestId);
        byte[] body =
                ErrorBodies.encode(
                        context.route.dialect(),
                        RequestStatus.NOT_THE_SAME,
                        "Last-Event-ID: the answer came out another than the one up to that event;"
                                + " ask without it",
                        "Last-Event-ID");
        out.clear();
        if (context.headSent) {
            out.add(EVENT, 0, EVENT.length);
            out.add(body, 0, body.length);
            out.add(EVENT_END, 0, EVENT_END.length);
            sink.stream(context, out.view(), 0, out.length());
            sink.endStream(context);
        } else {
            out.add(body, 0, body.length);
            int status = RequestStatus.NOT_THE_SAME.httpStatus();
            sink.answer(
                    context, status, ReplySink.ContentType.JSON, -1, out.view(), 0, out.length());
        }
    }

    /** The events that one reply makes. */
    final class Chunks {
        final OpenAiExchange exchange;
        final TextAnswer answer;

        private Chunks(TextAnswer answer, OpenAiExchange exchange) {
            this.answer = answer;
            this.exchange = exchange;
        }

        /**
         * Begins a chunk behind which a stream can be read on: {@code ends} where a choice does.
         */
        JsonWriter begin(int choice, boolean ends) {
            StreamProgress progress = answer.progress;
            if (progress != null) {
                if (ends) {
                    progress.end(choice);
                }
                progress.write(out);
            }
            return begin();
        }

        /** Begins a chunk behind which all of the text is to come. */
        JsonWriter beginText() {
            StreamProgress progress = answer.progress;
            if (progress != null) {
                progress.writeBeginning(out);
            }
            return begin();
        }

        /** Begins a chunk, up to the members that its {@link #end} is to follow. */
        JsonWriter begin() {
            out.add(EVENT, 0, EVENT.length);
            return json.begin().beginObject().raw(answer.head);
        }

        /** Ends a chunk after its choices. */
        void end() {
            if (exchange.includeUsage()) {
                json.name("usage").nullValue();
            }
            json.endObject();
            out.add(EVENT_END, 0, EVENT_END.length);
        }

        private void totals(RequestContext context) {
            if (exchange.includeUsage() || exchange.includeTimings()) {
                begin().name("choices").beginArray().endArray();
                if (exchange.includeUsage()) {
                    OpenAiMembers.usage(json, context);
                }
                if (exchange.includeTimings()) {
                    OpenAiMembers.timings(json, context.stamps);
                }
                json.endObject();
                out.add(EVENT_END, 0, EVENT_END.length);
            }
        }
    }
}

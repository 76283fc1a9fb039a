package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;

/**
 * What completions and chat have in common: runs gathered to one answer, or sent as server-sent
 * events (OpenAI API, "Streaming") that end with {@code data: [DONE]}. Runs on: the {@code reply}
 * thread.
 *
 * <p>With {@code stream_options.include_usage} every chunk says {@code "usage":null} and one more,
 * without choices, gives the totals.
 */
abstract class TextEncoder implements ReplyEncoder {
    private static final byte[] EVENT = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] EVENT_END = "\n\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private final GrowingBytes out = new GrowingBytes(4096);
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
        run.accept(slot, exchange);
        if (slot.finish == FinishReason.CANCELLED) {
            if (slot.last) {
                sink.abort(context);
            }
        } else if (context.stream) {
            stream(slot, context, sink, answer, run);
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
            TextRun run) {
        out.clear();
        var chunks = new Chunks(answer, OpenAiMembers.exchange(context));
        if (!context.headSent) {
            sink.beginStream(context, ReplySink.ContentType.EVENT_STREAM);
            context.headSent = true;
            opening(chunks, context.runs);
        }
        progress(chunks, run, slot.index);
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

    /** The events that one reply makes. */
    final class Chunks {
        final OpenAiExchange exchange;
        final TextAnswer answer;

        private Chunks(TextAnswer answer, OpenAiExchange exchange) {
            this.answer = answer;
            this.exchange = exchange;
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
            if (exchange.includeUsage()) {
                begin().name("choices").beginArray().endArray();
                OpenAiMembers.usage(json, context);
                json.endObject();
                out.add(EVENT_END, 0, EVENT_END.length);
            }
        }
    }
}

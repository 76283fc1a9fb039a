package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * {@code list} of {@code embedding} (OpenAI API, "Embeddings"): numbers, or base64 of little-endian
 * float32, which the official Node client asks for by itself. Runs on: the {@code reply} thread.
 */
final class EmbeddingEncoder implements ReplyEncoder {
    private final GrowingBytes out = new GrowingBytes(16 << 10, GrowingBytes.KEPT_BY_ENCODER_BYTES);
    private final JsonWriter json = new JsonWriter(out);
    private final AnswerPool<EmbeddingAnswer> answers = new AnswerPool<>(EmbeddingAnswer::new);

    @Override
    public void encode(ReplySlot slot, RequestContext context, ReplySink sink) {
        EmbeddingAnswer answer = answer(context);
        answer.accept(slot);
        if (slot.last) {
            out.clear();
            write(context, answer);
            sink.answer(context, 200, ReplySink.ContentType.JSON, -1, out.view(), 0, out.length());
        }
    }

    @Override
    public void forget(RequestContext context) {
        if (context.encoding instanceof EmbeddingAnswer answer) {
            context.encoding = null;
            answer.end();
            answers.give(answer);
        }
    }

    private EmbeddingAnswer answer(RequestContext context) {
        if (context.encoding instanceof EmbeddingAnswer begun) {
            return begun;
        }
        EmbeddingAnswer answer = answers.take();
        answer.begin(context.runs);
        context.encoding = answer;
        return answer;
    }

    private void write(RequestContext context, EmbeddingAnswer answer) {
        boolean base64 = OpenAiMembers.exchange(context).base64();
        DirectBuffer vectors = answer.vectors.view();
        json.begin().beginObject();
        json.name("object").string("list");
        json.name("data").beginArray();
        for (int i = 0; i < answer.texts(); i++) {
            json.beginObject();
            json.name("object").string("embedding");
            json.name("index").number(i);
            json.name("embedding");
            int offset = answer.offset(i);
            if (base64) {
                json.base64(vectors, offset, answer.count(i) * Float.BYTES);
            } else {
                numbers(vectors, offset, answer.count(i));
            }
            json.endObject();
        }
        json.endArray();
        json.name("model").string(OpenAiMembers.model(context).name());
        json.name("usage").beginObject();
        json.name("prompt_tokens").number(context.promptTokens);
        json.name("total_tokens").number(context.promptTokens);
        json.endObject().endObject();
    }

    private void numbers(DirectBuffer vectors, int offset, int count) {
        json.beginArray();
        for (int i = 0; i < count; i++) {
            json.number(vectors.getFloat(offset + i * Float.BYTES, ByteOrder.LITTLE_ENDIAN));
        }
        json.endArray();
    }
}

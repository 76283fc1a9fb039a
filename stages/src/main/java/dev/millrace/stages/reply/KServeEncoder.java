package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.protocol.KServeExchange;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * KServe v2's inference response, outputs in the order asked for, as JSON or with the binary tensor
 * data extension: then the JSON comes first, as long as {@code Inference-Header-Content-Length}
 * says, and after it the bytes of the outputs that are binary, in the order of {@code outputs}.
 * Runs on: the {@code reply} thread.
 */
final class KServeEncoder implements ReplyEncoder {
    private final GrowingBytes out = new GrowingBytes(16 << 10, GrowingBytes.KEPT_BY_ENCODER_BYTES);
    private final JsonWriter json = new JsonWriter(out);
    private final AnswerPool<TensorAnswer> answers = new AnswerPool<>(TensorAnswer::new);
    private final List<TensorAnswer.Output> chosen = new ArrayList<>();
    private final List<Boolean> binary = new ArrayList<>();

    @Override
    public void encode(ReplySlot slot, RequestContext context, ReplySink sink) {
        TensorAnswer answer = answer(context);
        answer.accept(slot);
        if (slot.last) {
            KServeExchange exchange = exchange(context);
            String missing = choose(answer, exchange);
            if (missing.isEmpty()) {
                answer(context, sink, answer, exchange);
            } else {
                refuse(context, sink, missing, answer);
            }
            chosen.clear();
            binary.clear();
        }
    }

    @Override
    public void forget(RequestContext context) {
        if (context.encoding instanceof TensorAnswer answer) {
            context.encoding = null;
            answer.end();
            answers.give(answer);
        }
    }

    private TensorAnswer answer(RequestContext context) {
        if (context.encoding instanceof TensorAnswer begun) {
            return begun;
        }
        TensorAnswer answer = answers.take();
        context.encoding = answer;
        return answer;
    }

    /** Fills {@link #chosen} and {@link #binary}; returns the name that is not there, or empty. */
    private String choose(TensorAnswer answer, KServeExchange exchange) {
        chosen.clear();
        binary.clear();
        if (exchange.outputs().isEmpty()) {
            for (int i = 0; i < answer.count(); i++) {
                chosen.add(answer.output(i));
                binary.add(exchange.binaryByDefault());
            }
            return "";
        }
        for (KServeExchange.RequestedOutput requested : exchange.outputs()) {
            TensorAnswer.Output output = answer.find(requested.name());
            if (output == null) {
                return requested.name();
            }
            chosen.add(output);
            binary.add(requested.binary());
        }
        return "";
    }

    private void answer(
            RequestContext context, ReplySink sink, TensorAnswer answer, KServeExchange exchange) {
        DirectBuffer bytes = answer.data();
        out.clear();
        write(OpenAiMembers.model(context), exchange, bytes);
        int headerLength = out.length();
        boolean anyBinary = false;
        for (int i = 0; i < chosen.size(); i++) {
            if (binary.get(i)) {
                anyBinary = true;
                out.add(bytes, chosen.get(i).offset, chosen.get(i).lengthBytes);
            }
        }
        sink.answer(
                context,
                200,
                anyBinary ? ReplySink.ContentType.OCTET_STREAM : ReplySink.ContentType.JSON,
                anyBinary ? headerLength : -1,
                out.view(),
                0,
                out.length());
    }

    private void write(ModelEntry model, KServeExchange exchange, DirectBuffer bytes) {
        json.begin().beginObject();
        if (!exchange.id().isEmpty()) {
            json.name("id").string(exchange.id());
        }
        json.name("model_name").string(model.name());
        json.name("model_version").string(model.version());
        json.name("outputs").beginArray();
        for (int i = 0; i < chosen.size(); i++) {
            output(chosen.get(i), binary.get(i), bytes);
        }
        json.endArray().endObject();
    }

    private void output(TensorAnswer.Output output, boolean asBinary, DirectBuffer bytes) {
        json.beginObject();
        json.name("name").string(output.name);
        json.name("datatype").string(output.datatype.name());
        json.name("shape").beginArray();
        for (int i = 0; i < output.rank; i++) {
            json.number(output.shape[i]);
        }
        json.endArray();
        if (asBinary) {
            json.name("parameters").beginObject();
            json.name("binary_data_size").number(output.lengthBytes).endObject();
        } else {
            json.name("data");
            TensorNumbers.write(json, output.datatype, bytes, output.offset, output.lengthBytes);
        }
        json.endObject();
    }

    private static void refuse(
            RequestContext context, ReplySink sink, String missing, TensorAnswer answer) {
        String message =
                "model '%s' returned no output '%s'; it returned %s"
                        .formatted(OpenAiMembers.model(context).name(), missing, answer.names());
        context.refuse(RequestStatus.INTERNAL, message, null);
        byte[] body =
                ErrorBodies.encode(Route.Dialect.KSERVE, RequestStatus.INTERNAL, message, null);
        sink.answer(
                context,
                RequestStatus.INTERNAL.httpStatus(),
                ReplySink.ContentType.JSON,
                -1,
                new UnsafeBuffer(body),
                0,
                body.length);
    }

    private static KServeExchange exchange(RequestContext context) {
        if (context.protocol instanceof KServeExchange exchange) {
            return exchange;
        }
        throw new IllegalStateException("no KServe exchange in the context: " + context.protocol);
    }
}

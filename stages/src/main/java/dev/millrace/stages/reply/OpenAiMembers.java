package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.util.HexFormat;
import org.agrona.collections.IntArrayList;

/** Members that several of OpenAI's answers share. Stateless. */
final class OpenAiMembers {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final double NANOS_PER_MILLI = 1e6;

    private OpenAiMembers() {}

    static OpenAiExchange exchange(RequestContext context) {
        if (context.protocol instanceof OpenAiExchange exchange) {
            return exchange;
        }
        throw new IllegalStateException("no OpenAI exchange in the context: " + context.protocol);
    }

    static ModelEntry model(RequestContext context) {
        ModelEntry model = context.model;
        if (model == null) {
            throw new IllegalStateException("an answer without a model");
        }
        return model;
    }

    /** {@code id}, {@code object}, {@code created}, {@code model}, {@code system_fingerprint}. */
    static void head(
            JsonWriter json,
            RequestContext context,
            String idPrefix,
            String object,
            String systemFingerprint) {
        json.name("id").string(idPrefix + HexFormat.of().toHexDigits(context.answerId()));
        json.name("object").string(object);
        json.name("created").number(Math.floorDiv(context.answerEpochNanos(), NANOS_PER_SECOND));
        json.name("model").string(model(context).name());
        json.name("system_fingerprint").string(systemFingerprint);
    }

    /** {@code usage} of a request for text; complete once the last reply is in. */
    static void usage(JsonWriter json, RequestContext context) {
        json.name("usage").beginObject();
        json.name("prompt_tokens").number(context.promptTokens);
        json.name("completion_tokens").number(context.completionTokens);
        json.name("total_tokens").number((long) context.promptTokens + context.completionTokens);
        json.name("prompt_tokens_details").beginObject();
        json.name("cached_tokens").number(context.cachedTokens).endObject();
        json.endObject();
    }

    /**
     * {@code timings}: milliseconds of each stage until the answer's last word was on record; the
     * stages sum to {@code total}.
     */
    static void timings(JsonWriter json, Stamps stamps) {
        json.name("timings").beginObject();
        for (int i = 0; i < Stamps.PARTITION.size(); i++) {
            Stage stage = Stamps.PARTITION.get(i);
            if (stamps.doneNanos(stage) != 0) {
                json.name(stage.label()).number(stamps.durationNanos(i) / NANOS_PER_MILLI);
            }
        }
        long firstToken = stamps.firstTokenNanos();
        if (firstToken != 0) {
            json.name("first_token").number((firstToken - stamps.arrivalNanos()) / NANOS_PER_MILLI);
        }
        json.name("total").number(stamps.totalNanos() / NANOS_PER_MILLI).endObject();
    }

    static void ids(JsonWriter json, String name, IntArrayList ids) {
        json.name(name).beginArray();
        for (int i = 0; i < ids.size(); i++) {
            json.number(ids.getInt(i));
        }
        json.endArray();
    }

    /** {@code prompt_token_ids} of a run, where they were asked for. */
    static void promptIds(JsonWriter json, OpenAiExchange exchange, int run) {
        if (exchange.returnTokenIds() && run < exchange.promptIds().size()) {
            json.name("prompt_token_ids").beginArray();
            for (int id : exchange.promptIds().get(run)) {
                json.number(id);
            }
            json.endArray();
        }
    }
}

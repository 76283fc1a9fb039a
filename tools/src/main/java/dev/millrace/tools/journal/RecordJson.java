package dev.millrace.tools.journal;

import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.FailureRecord;
import dev.millrace.journal.GapRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalDamage;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TensorRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.TokenLogprobs;
import dev.millrace.tools.Printable;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Records for machines. */
final class RecordJson {
    static final JsonMapper MAPPER = JsonMapper.shared();

    private RecordJson() {}

    /** Everything that the record holds; a body that is not UTF-8 as {@code body_base64}. */
    static ObjectNode of(JournalRecord record) {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("index", record.recordIndex());
        node.put("type", record.type().name().toLowerCase(Locale.ROOT));
        node.put("wall_nanos", record.wallNanos());
        node.put("clock_nanos", record.clockNanos());
        node.put("bytes", record.length());
        if (record.type().ofRequest()) {
            node.put("request", RequestIds.hex(record.requestId()));
        }
        if (record.type().output()) {
            output(node, record);
        }
        switch (record.type()) {
            case ENVIRONMENT -> environment(node, EnvironmentRecord.of(record));
            case INGRESS -> ingress(node, IngressRecord.of(record));
            case CANCEL -> {}
            case STEP -> step(node, StepRecord.of(record));
            case GAP -> gap(node, GapRecord.of(record));
            case DECISION -> decision(node, DecisionRecord.of(record));
            case OUTPUT_TOKENS -> tokens(node, TokensRecord.of(record));
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> tensor(node, TensorRecord.of(record));
            case OUTPUT_FAILURE -> failure(node, FailureRecord.of(record));
        }
        return node;
    }

    private static void gap(ObjectNode node, GapRecord gap) {
        node.put("records", gap.records());
        node.put("served", gap.served());
    }

    private static void environment(ObjectNode node, EnvironmentRecord environment) {
        node.set("environment", MAPPER.<JsonNode>valueToTree(environment.facts()));
    }

    private static void ingress(ObjectNode node, IngressRecord ingress) {
        node.put("route", ingress.route().path());
        node.put("client_request_id", ingress.clientRequestId());
        node.put("traceparent", ingress.traceparent());
        node.put("caller", RequestIds.hex(ingress.callerId()));
        node.put("arrival_wall_nanos", ingress.arrivalWallNanos());
        node.put("arrival_clock_nanos", ingress.arrivalClockNanos());
        putIfPresent(node, "path_model", ingress.pathModel());
        putIfPresent(node, "path_version", ingress.pathVersion());
        if (ingress.inferenceHeaderLength() >= 0) {
            node.put("inference_header_length", ingress.inferenceHeaderLength());
        }
        node.put("head", ingress.head());
        if (!ingress.bodyStored()) {
            node.put("body_bytes", ingress.bodyBytes());
            node.put("body_sha256", HexFormat.of().formatHex(ingress.bodySha256()));
            return;
        }
        byte[] body = ingress.body();
        String text = Printable.utf8(body);
        if (text == null) {
            node.put("body_base64", Base64.getEncoder().encodeToString(body));
        } else {
            node.put("body", text);
        }
    }

    private static void step(ObjectNode node, StepRecord step) {
        node.put("lane", step.lane());
        node.put("turn", step.number());
        node.put("now_nanos", step.nowNanos());
        node.put("flush", step.flush());
        ArrayNode events = node.putArray("events");
        for (int i = 0; i < step.eventCount(); i++) {
            ObjectNode event = events.addObject();
            event.put("event", step.event(i).name().toLowerCase(Locale.ROOT));
            event.put("request", RequestIds.hex(step.eventRequest(i)));
        }
        ArrayNode entries = node.putArray("entries");
        for (int i = 0; i < step.entryCount(); i++) {
            ObjectNode entry = entries.addObject();
            entry.put("request", RequestIds.hex(step.request(i)));
            entry.put("run", step.run(i));
            entry.put("start", step.start(i));
            entry.put("count", step.count(i));
            entry.put("drafts", step.drafts(i));
        }
    }

    private static void decision(ObjectNode node, DecisionRecord decision) {
        node.put("outcome", decision.outcome().name());
        node.put("lane", decision.lane());
        node.put("stream", decision.stream());
        if (decision.repeats() != 0) {
            node.put("repeats", RequestIds.hex(decision.repeats()));
        }
        putIfPresent(node, "model", decision.model());
        putIfPresent(node, "model_version", decision.modelVersion());
        node.put("seed", decision.seed());
        node.put("prompt_tokens", decision.promptTokens());
        node.put("runs", decision.runs());
        node.put("max_tokens", decision.maxTokens());
        node.put("settled", decision.settled());
        node.put("batch_key", decision.batchKey());
        node.put("due_nanos", decision.dueNanos());
        putIfPresent(node, "message", decision.message());
        putIfPresent(node, "param", decision.param());
    }

    private static void output(ObjectNode node, JournalRecord record) {
        OutputRecord output = OutputRecord.of(record);
        node.put("output", output.index());
        node.put("last", record.last());
        if (record.last()) {
            putIfPresent(node, "model", output.model());
            putIfPresent(node, "model_version", output.modelVersion());
            node.put("prompt_tokens", output.promptTokens());
            node.put("completion_tokens", output.completionTokens());
        }
    }

    private static void tokens(ObjectNode node, TokensRecord tokens) {
        if (tokens.idsStored()) {
            ArrayNode ids = node.putArray("ids");
            for (int i = 0; i < tokens.count(); i++) {
                ids.add(tokens.id(i));
            }
        } else {
            hashed(node, tokens);
        }
        if (tokens.prompt()) {
            node.put("prompt", true);
        }
        if (tokens.topLogprobs() >= 0 && tokens.idsStored()) {
            logprobs(node.putArray("logprobs"), tokens);
        }
        if (tokens.hasDigests()) {
            ArrayNode digests = node.putArray("digests");
            for (int i = 0; i < tokens.count(); i++) {
                digests.add(HexFormat.of().toHexDigits(tokens.digest(i)));
            }
        }
        node.put("finish", tokens.finish().name().toLowerCase(Locale.ROOT));
        node.put("hidden_tokens", tokens.hiddenTokens());
        node.put("hidden_bytes", tokens.hiddenBytes());
    }

    private static void hashed(ObjectNode node, TokensRecord tokens) {
        node.put("count", tokens.count());
        byte[] sha256 = tokens.runSha256();
        if (sha256 != null) {
            node.put("ids_sha256", HexFormat.of().formatHex(sha256));
        }
    }

    /** Per token its log probability, null for the first of a prompt, its rank and alternatives. */
    private static void logprobs(ArrayNode entries, TokensRecord tokens) {
        for (int i = 0; i < tokens.count(); i++) {
            ObjectNode entry = entries.addObject();
            putLogprob(entry, tokens.logprob(i));
            entry.put("rank", tokens.rank(i));
            ArrayNode top = entry.putArray("top");
            for (int place = 0; place < tokens.topLogprobs(); place++) {
                if (tokens.topId(i, place) != TokenLogprobs.NONE) {
                    ObjectNode alternative = top.addObject();
                    alternative.put("id", tokens.topId(i, place));
                    putLogprob(alternative, tokens.topLogprob(i, place));
                }
            }
        }
    }

    /** JSON has no word for NaN and the infinities. */
    private static void putLogprob(ObjectNode node, float logprob) {
        if (Float.isFinite(logprob)) {
            node.put("logprob", logprob);
        } else {
            node.putNull("logprob");
        }
    }

    private static void tensor(ObjectNode node, TensorRecord tensor) {
        node.put("name", tensor.name());
        node.put("datatype", tensor.datatype().name());
        node.set("shape", MAPPER.<JsonNode>valueToTree(tensor.shape()));
        node.put("payload_bytes", tensor.payloadBytes());
        node.put("sha256", HexFormat.of().formatHex(tensor.sha256()));
        byte[] payload = tensor.payload();
        if (payload != null) {
            node.put("payload_base64", Base64.getEncoder().encodeToString(payload));
        }
    }

    private static void failure(ObjectNode node, FailureRecord failure) {
        node.put("http_status", failure.httpStatus());
        node.put("status", failure.status());
        node.put("message", failure.message());
        putIfPresent(node, "param", failure.param());
        if (failure.retryAfterMillis() > 0) {
            node.put("retry_after_millis", failure.retryAfterMillis());
        }
    }

    private static void putIfPresent(ObjectNode node, String name, @Nullable String value) {
        if (value != null) {
            node.put(name, value);
        }
    }

    /** Where a journal stops being readable; JSON null where it does not. */
    static JsonNode damage(@Nullable JournalDamage damage) {
        if (damage == null) {
            return MAPPER.nullNode();
        }
        ObjectNode node = MAPPER.createObjectNode();
        node.put("file", String.valueOf(damage.file().getFileName()));
        node.put("position", damage.position());
        node.put("record_index", damage.recordIndex());
        node.put("what", damage.what());
        return node;
    }
}

package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A report for machines. */
final class VerifyJson {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private VerifyJson() {}

    /** {@code {"requests":[…],"summary":{…}}}. */
    static ObjectNode of(VerifyReport report) {
        ObjectNode root = MAPPER.createObjectNode();
        var requests = root.putArray("requests");
        report.verdicts().forEach(verdict -> requests.add(of(verdict)));
        ObjectNode summary = root.putObject("summary");
        summary.put("requests", report.verdicts().size());
        for (Outcome outcome : Outcome.values()) {
            summary.put(name(outcome), report.counts().getOrDefault(outcome, 0L));
        }
        summary.put("unfinished", report.unfinished());
        summary.put("steps", report.steps());
        summary.put("other_steps", report.otherSteps());
        summary.put("tokens", report.tokens());
        summary.put("millis", report.millis());
        summary.put("exact", report.exact());
        return root;
    }

    private static ObjectNode of(Verdict verdict) {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("request", RequestIds.hex(verdict.requestId()));
        node.put("client_request_id", verdict.clientRequestId());
        node.put("model", verdict.model());
        node.put("caller", RequestIds.hex(verdict.caller()));
        node.put("verdict", name(verdict.outcome()));
        node.put("unfinished", verdict.unfinished());
        if (!verdict.detail().isEmpty()) {
            node.put("detail", verdict.detail());
        }
        Divergence divergence = verdict.divergence();
        if (divergence != null) {
            ObjectNode where = node.putObject("divergence");
            where.put("step", divergence.step());
            where.put("run", divergence.run());
            where.put("token", divergence.token());
            choice(where.putObject("recorded"), divergence.recorded());
            choice(where.putObject("replayed"), divergence.replayed());
        }
        return node;
    }

    private static void choice(ObjectNode node, Divergence.Choice choice) {
        node.put("id", choice.id());
        node.put("text", choice.text());
        if (Double.isFinite(choice.logprob())) {
            node.put("logprob", choice.logprob());
        } else {
            node.putNull("logprob");
        }
    }

    private static String name(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}

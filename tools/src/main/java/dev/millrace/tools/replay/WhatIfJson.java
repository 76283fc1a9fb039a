package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A report for machines: the same numbers as the others. */
final class WhatIfJson {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private WhatIfJson() {}

    /** {@code {"change":…,"all":{…},"baseline":{…},"models":[…],"callers":[…],…}}. */
    static ObjectNode of(WhatIfReport report) {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("journal", report.journal());
        root.put("change", report.change());
        root.set("all", of(report.all()));
        if (report.baseline().isEmpty()) {
            root.putNull("baseline");
        } else {
            var baseline = new ComparedGroup("as recorded", report.baseline());
            counts(root.putObject("baseline"), baseline);
        }
        groups(root, "models", report.models());
        groups(root, "callers", report.callers());
        var different = root.putArray("different");
        report.different().forEach(one -> different.add(of(one)));
        var notes = root.putArray("notes");
        report.notes().forEach(notes::add);
        root.put("latencies", WhatIfReport.LATENCIES);
        root.put("steps", report.executions());
        root.put("tokens", report.tokens());
        root.put("millis", report.millis());
        return root;
    }

    private static void groups(ObjectNode root, String name, List<ComparedGroup> groups) {
        var array = root.putArray(name);
        groups.forEach(group -> array.add(of(group)));
    }

    private static void counts(ObjectNode node, ComparedGroup group) {
        node.put("requests", group.requests().size());
        node.put("compared", group.compared());
        node.put("same_rate", group.sameRate());
        for (Outcome outcome : Outcome.values()) {
            node.put(outcome.name().toLowerCase(Locale.ROOT), group.count(outcome));
        }
        node.put("cut", group.cut());
    }

    private static ObjectNode of(ComparedGroup group) {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("name", group.name());
        counts(node, group);
        ObjectNode texts = node.putObject("texts");
        texts.put("different", group.differentTexts());
        number(texts, "first_divergence_median", group.medianDivergence());
        number(texts, "first_divergence_mean", group.meanDivergence());
        number(texts, "edit_distance_mean", group.meanDistance());
        texts.put("recorded_tokens", group.recordedTokens());
        texts.put("replayed_tokens", group.replayedTokens());
        var histogram = texts.putArray("first_divergence_histogram");
        int[] counts = group.divergences();
        for (int bucket = 0; bucket < counts.length; bucket++) {
            histogram
                    .addObject()
                    .put("from", ComparedGroup.bucketStart(bucket))
                    .put("texts", counts[bucket]);
        }
        Vectors.Distance vectors = group.vectors();
        if (vectors == null) {
            node.putNull("vectors");
        } else {
            ObjectNode distance = node.putObject("vectors");
            distance.put("cosine_distance_max", vectors.cosine());
            distance.put("difference_max", vectors.largest());
        }
        latency(node.putObject("first_word"), group, Timing::firstNanos);
        latency(node.putObject("whole_answer"), group, Timing::totalNanos);
        return node;
    }

    private static void latency(
            ObjectNode node, ComparedGroup group, ToLongFunction<Timing> which) {
        Percentiles baseline = group.latency(Compared::baseline, which);
        Percentiles changed = group.latency(Compared::replayed, which);
        percentiles(node, "recorded_millis", group.latency(Compared::recorded, which));
        percentiles(node, "baseline_millis", baseline);
        percentiles(node, "what_if_millis", changed);
        if (baseline == null || changed == null) {
            node.putNull("ratio");
            return;
        }
        ObjectNode ratio = node.putObject("ratio");
        number(ratio, "p50", (double) changed.p50() / baseline.p50());
        number(ratio, "p90", (double) changed.p90() / baseline.p90());
        number(ratio, "p99", (double) changed.p99() / baseline.p99());
    }

    private static void percentiles(
            ObjectNode node, String name, @Nullable Percentiles percentiles) {
        if (percentiles == null) {
            node.putNull(name);
            return;
        }
        node.putObject(name)
                .put("p50", percentiles.p50() / 1e6)
                .put("p90", percentiles.p90() / 1e6)
                .put("p99", percentiles.p99() / 1e6);
    }

    private static ObjectNode of(WhatIfReport.Different different) {
        Compared compared = different.compared();
        ObjectNode node = MAPPER.createObjectNode();
        node.put("request", RequestIds.hex(compared.request().requestId));
        node.put("client_request_id", compared.request().clientRequestId);
        node.put("model", compared.request().model);
        node.put("caller", RequestIds.hex(compared.request().caller));
        node.put("detail", compared.detail());
        node.put("first_divergence", compared.firstDivergence());
        node.put("edit_distance", compared.distance());
        node.put("recorded", different.recorded());
        node.put("replayed", different.replayed());
        return node;
    }

    private static void number(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }
}

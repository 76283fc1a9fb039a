package dev.millrace.tools.profile;

import org.HdrHistogram.Histogram;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A profile for machines; times in nanoseconds. */
final class ProfileJson {
    private ProfileJson() {}

    static ObjectNode of(Profile profile) {
        ObjectNode node = JsonMapper.shared().createObjectNode();
        node.put("source", profile.source);
        node.put("requests", profile.requests());
        node.put("seconds", profile.seconds());
        ObjectNode statuses = node.putObject("statuses");
        profile.statuses.forEach(statuses::put);
        ObjectNode stages = node.putObject("stages");
        for (int i = 0; i < profile.stages.size(); i++) {
            put(stages.putObject(profile.stages.get(i)), profile.stageNanos.get(i));
        }
        put(node.putObject("total"), profile.totalNanos);
        put(node.putObject("first_token"), profile.firstTokenNanos);
        ObjectNode lanes = node.putObject("lanes");
        profile.lanes.forEach((name, lane) -> put(lanes.putObject(name), lane.nanos));
        ObjectNode journal = node.putObject("journal");
        put(journal.putObject("writes"), profile.appends.writeNanos);
        put(journal.putObject("syncs"), profile.appends.syncNanos);
        ObjectNode refusals = node.putObject("refusals");
        profile.refusals.forEach(refusals::put);
        ArrayNode slowest = node.putArray("slowest");
        for (SlowRequest slow : profile.slowest()) {
            ObjectNode one = slowest.addObject();
            one.put("request", slow.request.id());
            one.put("model", slow.request.model());
            one.put("status", slow.request.status());
            one.put("total", slow.request.totalNanos());
            ObjectNode had = one.putObject("stages");
            for (int i = 0; i < profile.stages.size(); i++) {
                had.put(profile.stages.get(i), slow.request.stageNanos().get(i));
            }
            ArrayNode waits = one.putArray("waits");
            slow.waits().forEach(waits::add);
        }
        return node;
    }

    private static void put(ObjectNode node, Histogram nanos) {
        node.put("count", nanos.getTotalCount());
        node.put("mean", Math.round(nanos.getMean()));
        node.put("p50", nanos.getValueAtPercentile(50));
        node.put("p90", nanos.getValueAtPercentile(90));
        node.put("p99", nanos.getValueAtPercentile(99));
        node.put("p999", nanos.getValueAtPercentile(99.9));
        node.put("max", nanos.getMaxValue());
    }
}

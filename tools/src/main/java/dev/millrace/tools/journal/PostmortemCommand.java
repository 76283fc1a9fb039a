package dev.millrace.tools.journal;

import dev.millrace.journal.JournalPostmortem;
import dev.millrace.journal.JournalPostmortem.Progress;
import dev.millrace.journal.RequestIds;
import dev.millrace.tools.Printable;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code journal postmortem}: what was running where the journal ends. */
@Command(
        name = "postmortem",
        description = "After a kill or a crash: the step each lane was in, and who was in it.",
        mixinStandardHelpOptions = true)
final class PostmortemCommand extends JournalCommand.Reading {
    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Override
    int read() {
        JournalPostmortem.Report report = JournalPostmortem.of(folder);
        if (json) {
            print(toJson(report));
        } else {
            print(report);
        }
        return end(report.damage());
    }

    private void print(JournalPostmortem.Report report) {
        String build = report.environment() == null ? "unknown" : report.environment().build();
        line(
                "run      %s, begun %s, %d records"
                        .formatted(
                                Printable.text(build),
                                RecordLine.time(report.begunWallNanos()),
                                report.records()));
        line("ends     %s".formatted(RecordLine.time(report.endedWallNanos())));
        Map<Long, JournalPostmortem.Request> open =
                report.requests().stream()
                        .collect(
                                Collectors.toMap(
                                        JournalPostmortem.Request::requestId, Function.identity()));
        Set<Long> running = new HashSet<>();
        for (JournalPostmortem.LaneEnd lane : report.lanes()) {
            print(lane, open);
            lane.entries().forEach(entry -> running.add(entry.requestId()));
        }
        List<JournalPostmortem.Request> others =
                report.requests().stream()
                        .filter(request -> !running.contains(request.requestId()))
                        .toList();
        print("answered in part, between steps", others, true);
        print("waiting", others, false);
        if (report.atRest()) {
            line("nothing was running: every request has its last word");
        }
    }

    private void print(JournalPostmortem.LaneEnd lane, Map<Long, JournalPostmortem.Request> open) {
        String name = "lane %d   %s".formatted(lane.lane(), Printable.text(lane.model()));
        if (!lane.running()) {
            line(
                    lane.turn() < 0
                            ? name + ": no turn on record"
                            : "%s: nothing was running; turn %d was its last"
                                    .formatted(name, lane.turn()));
            return;
        }
        line(
                "%s: turn %d was running, begun %s"
                        .formatted(name, lane.turn(), RecordLine.time(lane.begunWallNanos())));
        for (JournalPostmortem.Entry entry : lane.entries()) {
            JournalPostmortem.Request request = open.get(entry.requestId());
            line(
                    "  %s  run %d, %s  %s"
                            .formatted(
                                    RequestIds.hex(entry.requestId()),
                                    entry.run(),
                                    StepWords.range(entry.start(), entry.count(), entry.drafts()),
                                    request == null ? "has its last word" : about(request)));
        }
    }

    private void print(String title, List<JournalPostmortem.Request> requests, boolean answering) {
        List<JournalPostmortem.Request> these =
                requests.stream()
                        .filter(request -> (request.progress() == Progress.ANSWERING) == answering)
                        .toList();
        if (!these.isEmpty()) {
            line("%s: %d".formatted(title, these.size()));
        }
        for (JournalPostmortem.Request request : these) {
            line(
                    "  %s  %s  %s"
                            .formatted(
                                    RequestIds.hex(request.requestId()),
                                    word(request.progress()),
                                    about(request)));
        }
    }

    private static String about(JournalPostmortem.Request request) {
        return "%s, x-request-id %s, open for at least %.3f ms%s%s"
                .formatted(
                        Printable.text(request.line()),
                        Printable.text(request.clientRequestId()),
                        request.openNanos() / 1e6,
                        request.tokens() == 0 ? "" : ", " + request.tokens() + " tokens answered",
                        request.cancelled() ? ", its client had gone away" : "");
    }

    private static String word(Progress progress) {
        return progress.name().toLowerCase(Locale.ROOT);
    }

    private static ObjectNode toJson(JournalPostmortem.Report report) {
        ObjectNode node = RecordJson.MAPPER.createObjectNode();
        node.put("build", report.environment() == null ? "" : report.environment().build());
        node.put("begun_wall_nanos", report.begunWallNanos());
        node.put("ended_wall_nanos", report.endedWallNanos());
        node.put("records", report.records());
        node.put("at_rest", report.atRest());
        ArrayNode lanes = node.putArray("lanes");
        for (JournalPostmortem.LaneEnd end : report.lanes()) {
            ObjectNode lane = lanes.addObject();
            lane.put("lane", end.lane());
            lane.put("model", end.model());
            lane.put("turn", end.turn());
            lane.put("running", end.running());
            lane.put("begun_wall_nanos", end.begunWallNanos());
            ArrayNode entries = lane.putArray("entries");
            for (JournalPostmortem.Entry each : end.entries()) {
                ObjectNode entry = entries.addObject();
                entry.put("request", RequestIds.hex(each.requestId()));
                entry.put("run", each.run());
                entry.put("start", each.start());
                entry.put("count", each.count());
                entry.put("drafts", each.drafts());
            }
        }
        ArrayNode requests = node.putArray("requests");
        for (JournalPostmortem.Request open : report.requests()) {
            ObjectNode request = requests.addObject();
            request.put("request", RequestIds.hex(open.requestId()));
            request.put("client_request_id", open.clientRequestId());
            request.put("line", open.line());
            request.put("arrival_wall_nanos", open.arrivalWallNanos());
            request.put("open_nanos", open.openNanos());
            request.put("progress", word(open.progress()));
            request.put("lane", open.lane());
            request.put("tokens", open.tokens());
            request.put("cancelled", open.cancelled());
        }
        node.set("damage", RecordJson.damage(report.damage()));
        return node;
    }
}

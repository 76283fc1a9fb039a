package dev.millrace.tools.replay;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.config.ServerConfig;
import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.ringbuffer.Lane;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One server's life in a journal: what executed its requests, and all that was answered. Bodies and
 * steps stay in the journal, and are read again as the replay comes to them.
 *
 * @param number of the run in its journal, from 0
 * @param pruned whether its first records are not in the journal any more
 * @param requests by id, in order of arrival
 */
record RecordedRun(
        int number,
        EnvironmentRecord environment,
        boolean pruned,
        Map<Long, RecordedRequest> requests) {
    /** Reads every run of a journal, as far as it is sound. */
    static List<RecordedRun> of(Path journal) {
        List<RecordedRun> runs = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(journal)) {
            boolean behindGap = false;
            while (reader.next()) {
                JournalRecord record = reader.record();
                EnvironmentRecord kept = reader.prunedEnvironment();
                if (record.type() == RecordType.ENVIRONMENT) {
                    runs.add(begun(runs.size(), EnvironmentRecord.of(record), false));
                    behindGap = false;
                    continue;
                }
                if (runs.isEmpty() && kept != null) {
                    runs.add(begun(0, kept, true));
                }
                if (!runs.isEmpty()) {
                    behindGap |= record.type() == RecordType.GAP;
                    runs.getLast().add(record, behindGap);
                }
            }
        }
        return runs;
    }

    private static RecordedRun begun(int number, EnvironmentRecord environment, boolean pruned) {
        return new RecordedRun(number, environment, pruned, new LinkedHashMap<>());
    }

    /** The configuration that it ran with; what was measured then is not measured again. */
    ServerConfig config() {
        return config(List.of());
    }

    /**
     * The configuration that it ran with, changed.
     *
     * @param changes {@code key=value}
     * @throws dev.millrace.config.ConfigException where a change cannot be used
     */
    ServerConfig config(List<String> changes) {
        var loader = new ConfigLoader().recorded(environment.settings());
        Set<String> weights =
                environment.models().stream()
                        .filter(model -> model.kind().equals("generate"))
                        .map(EnvironmentRecord.Model::weights)
                        .collect(Collectors.toSet());
        if (loader.load().config().models().dtype() == Dtype.AUTO && weights.size() == 1) {
            loader.set("models.dtype=" + weights.iterator().next());
        }
        changes.forEach(loader::set);
        return loader.load().config();
    }

    /** The same run with no more than these requests, and nothing found out about them. */
    RecordedRun only(Collection<Long> kept) {
        var again = new LinkedHashMap<Long, RecordedRequest>();
        requests.forEach((id, request) -> {
            if (kept.contains(id)) {
                again.put(id, request.again());
            }
        });
        return new RecordedRun(number, environment, pruned, again);
    }

    /**
     * @param behindGap whether something could not be written since the run began
     */
    private void add(JournalRecord record, boolean behindGap) {
        long id = record.requestId();
        if (record.type() == RecordType.INGRESS) {
            var request = new RecordedRequest(id, IngressRecord.of(record));
            request.besideGap = behindGap;
            requests.put(id, request);
            return;
        }
        if (record.type() == RecordType.GAP) {
            requests.values().stream()
                    .filter(request -> !request.recorded.ended)
                    .forEach(request -> request.besideGap = true);
            return;
        }
        RecordedRequest request = requests.get(id);
        if (request == null) {
            return;
        }
        if (record.type() == RecordType.DECISION) {
            request.decided = true;
            DecisionRecord decision = DecisionRecord.of(record);
            request.repeated = decision.lane() == Lane.RECORDED ? decision.repeats() : 0;
        } else if (record.type().output()) {
            request.recorded.add(record);
            String model = OutputRecord.of(record).model();
            request.model = model == null ? request.model : model;
        }
    }
}

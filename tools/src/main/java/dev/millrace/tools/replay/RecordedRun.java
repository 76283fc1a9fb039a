package dev.millrace.tools.replay;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.ModelsConfig;
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

    /** The configuration that it ran with; models hold their weights as they did. */
    ServerConfig config() {
        return config(List.of());
    }

    /**
     * The configuration that it ran with, changed. Models that no change names hold their weights
     * as they did, whatever is configured or would be measured here.
     *
     * @param changes {@code key=value}
     * @throws dev.millrace.config.ConfigException where a change cannot be used
     */
    ServerConfig config(List<String> changes) {
        var loader = new ConfigLoader().recorded(environment.settings());
        changes.forEach(loader::set);
        ServerConfig config = loader.load().config();
        if (changes.stream().anyMatch(change -> change.startsWith("models.dtype="))) {
            return config;
        }
        ModelsConfig models = config.models();
        for (EnvironmentRecord.Model model : environment.models()) {
            if (hasFormat(model) && !models.namesDtypeOf(model.name())) {
                models = models.withDtype(model.name(), model.weights().replace("plain-", ""));
            }
        }
        return config.withModels(models);
    }

    private static boolean hasFormat(EnvironmentRecord.Model model) {
        return !model.weights().isEmpty() && !model.kind().equals("tensor");
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

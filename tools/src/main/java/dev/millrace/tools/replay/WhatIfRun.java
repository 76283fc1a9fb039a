package dev.millrace.tools.replay;

import dev.millrace.config.ServerConfig;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.RequestIds;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.tokenizer.TextModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One run of a journal under two policies: the recorded one, where it is asked for, and another.
 *
 * <p>One thread: the one that calls.
 */
final class WhatIfRun {
    /** What came out of a simulation, beside what is on record. */
    record Outcomes(List<Compared> requests, long executions, long tokens) {}

    private final Path journal;
    private final RecordedRun run;
    private final Map<Long, Timing> recorded = new HashMap<>();
    private final Map<Long, Timing> baseline = new HashMap<>();
    private final Map<String, TokenBytes> recordedTokens = new HashMap<>();
    private final Map<String, Spelling> spellings = new HashMap<>();

    WhatIfRun(Path journal, RecordedRun run) {
        this.journal = journal;
        this.run = run;
        try (var records = new RunRecords(journal, run.number())) {
            while (records.next()) {
                time(records.record());
            }
        }
    }

    private void time(JournalRecord record) {
        if (record.type() == RecordType.INGRESS) {
            long arrival = IngressRecord.of(record).arrivalClockNanos();
            recorded.put(record.requestId(), new Timing(arrival));
        } else if (record.type().output()) {
            Timing timing = recorded.get(record.requestId());
            if (timing != null) {
                timing.answered(record.clockNanos(), record.last());
            }
        }
    }

    /** Executes for about that long and keeps nothing: the machine's first steps are slow ones. */
    void warmUp(Map<String, Path> folders, long nanos) {
        long until = System.nanoTime() + nanos;
        try (var simulation = simulation(run.config(), folders, new Vectors());
                var records = new RunRecords(journal, run.number())) {
            while (System.nanoTime() < until && records.next()) {
                simulation.next(records.record());
            }
        }
    }

    /** The recorded policy and models; before {@link #changed}. */
    Outcomes baseline(Map<String, Path> folders) {
        var vectors = new Vectors();
        try (SimulatedRun simulation = simulate(run.config(), folders, vectors)) {
            folders.keySet()
                    .forEach(name -> {
                        TextModel text = simulation.text(name);
                        if (text != null) {
                            recordedTokens.put(name, text.tokenBytes());
                        }
                    });
            run.requests()
                    .keySet()
                    .forEach(id -> {
                        Timing timing = simulation.timing(id);
                        if (timing != null) {
                            baseline.put(id, timing);
                        }
                    });
            return outcomes(simulation, folders, vectors);
        }
    }

    /** Another policy, or other models. */
    Outcomes changed(ServerConfig config, Map<String, Path> folders) {
        var vectors = new Vectors();
        try (SimulatedRun simulation = simulate(config, folders, vectors)) {
            return outcomes(simulation, folders, vectors);
        }
    }

    /** How the model's tokens are spelled, on record and in what was simulated last. */
    Spelling spelling(String model) {
        return Objects.requireNonNull(
                spellings.getOrDefault(model, new Spelling(null, null, true)));
    }

    private SimulatedRun simulation(
            ServerConfig config, Map<String, Path> folders, Vectors vectors) {
        return new SimulatedRun(run.only(run.requests().keySet()), config, folders, vectors);
    }

    private SimulatedRun simulate(ServerConfig config, Map<String, Path> folders, Vectors vectors) {
        SimulatedRun simulation = simulation(config, folders, vectors);
        try (var records = new RunRecords(journal, run.number())) {
            while (records.next()) {
                simulation.next(records.record());
            }
            simulation.finish();
            return simulation;
        } catch (RuntimeException | Error e) {
            simulation.close();
            throw e;
        }
    }

    private Outcomes outcomes(SimulatedRun simulation, Map<String, Path> folders, Vectors vectors) {
        folders.keySet().forEach(name -> spellings.put(name, spelling(simulation, name)));
        var compared = new ArrayList<Compared>();
        for (RecordedRequest request : simulation.run().requests().values()) {
            compared.add(compare(simulation, request, folders, vectors));
        }
        return new Outcomes(compared, simulation.executions(), simulation.tokens());
    }

    private Spelling spelling(SimulatedRun simulation, String name) {
        TextModel here = simulation.text(name);
        return new Spelling(
                recordedTokens.get(name),
                here == null ? null : here.tokenBytes(),
                tokenizer(run.environment(), name)
                        .equals(tokenizer(simulation.environment(), name)));
    }

    private static String tokenizer(EnvironmentRecord environment, String name) {
        return environment.models().stream()
                .filter(model -> model.name().equals(name))
                .map(EnvironmentRecord.Model::tokenizer)
                .findFirst()
                .orElse("");
    }

    private Compared compare(
            SimulatedRun simulation,
            RecordedRequest request,
            Map<String, Path> folders,
            Vectors vectors) {
        long id = request.requestId;
        Timing then = recorded.get(id);
        String missing = missing(request, folders);
        if (!missing.isEmpty()) {
            return new Compared(
                    request,
                    Outcome.NOT_COMPARABLE,
                    missing,
                    false,
                    0,
                    -1,
                    0,
                    0,
                    0,
                    null,
                    then,
                    null,
                    null);
        }
        return new AnswerDistance(request, spelling(request.model), vectors.of(id))
                .compare(then, baseline.get(id), simulation.timing(id));
    }

    private String missing(RecordedRequest request, Map<String, Path> folders) {
        String impossible = request.notReplayable();
        if (!impossible.isEmpty()) {
            return impossible;
        }
        if (request.repeated != 0) {
            return "it was answered with what is on record of request "
                    + RequestIds.hex(request.repeated);
        }
        if (!request.model.isEmpty() && !folders.containsKey(request.model)) {
            return Environments.missing(run.environment(), request.model);
        }
        return spelling(request.model).comparable()
                ? ""
                : "the model in its place has another tokenizer, and the recorded one is not here";
    }
}

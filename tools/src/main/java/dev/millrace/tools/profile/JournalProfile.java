package dev.millrace.tools.profile;

import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.FailureRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TokensRecord;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads a journal, which knows when records were written: less than a flight recording does, but of
 * all requests that there ever were. A step is taken to last until something of it was answered, or
 * the next one began.
 */
final class JournalProfile {
    /** Until it was on record; until it was decided upon; until its first step; until its end. */
    static final List<String> STAGES = List.of("journal", "decide", "queue", "infer");

    private final Profile profile;
    private final boolean steps;
    private final Map<Long, Life> lives = new HashMap<>();

    /** By lane, the turn that is being computed. */
    private final Map<Integer, Turn> turns = new HashMap<>();

    private List<String> lanes = List.of();

    /** From the run's monotonic clock to the time since the epoch. */
    private long epoch;

    /** A request so far, by the run's clock; 0 for what has not happened. */
    private static final class Life {
        int lane = -1;
        long arrived;
        long recorded;
        long decided;
        long stepped;
        long firstToken;
        String status = "ok";
    }

    /** A lane's turn, and when something of it was last answered. */
    private static final class Turn {
        long began;
        long answered;
        int entries;
        int tokens;
    }

    private JournalProfile(Profile profile, boolean steps) {
        this.profile = profile;
        this.steps = steps;
    }

    /**
     * Reads it twice.
     *
     * @throws dev.millrace.journal.JournalException where there is no journal
     */
    static Profile read(Path journal) {
        var profile = new Profile("journal " + journal, STAGES);
        look(journal, new JournalProfile(profile, false));
        profile.requestsSeen();
        look(journal, new JournalProfile(profile, true));
        return profile;
    }

    private static void look(Path journal, JournalProfile look) {
        try (JournalReader reader = JournalReader.open(journal)) {
            while (reader.next()) {
                look.see(reader.record());
            }
            look.turns.forEach(look::ended);
        }
    }

    private void see(JournalRecord record) {
        switch (record.type()) {
            case ENVIRONMENT -> {
                turns.forEach(this::ended);
                turns.clear();
                lives.clear();
                epoch = record.wallNanos() - record.clockNanos();
                lanes =
                        EnvironmentRecord.of(record).models().stream()
                                .map(EnvironmentRecord.Model::name)
                                .toList();
            }
            case INGRESS -> {
                var life = new Life();
                life.arrived = IngressRecord.of(record).arrivalClockNanos();
                life.recorded = record.clockNanos();
                lives.put(record.requestId(), life);
            }
            case DECISION -> {
                Life life = lives.get(record.requestId());
                if (life != null) {
                    life.decided = record.clockNanos();
                }
            }
            case STEP -> step(record, StepRecord.of(record));
            case OUTPUT_TOKENS, OUTPUT_EMBEDDING, OUTPUT_TENSOR, OUTPUT_FAILURE -> output(record);
            case CANCEL, GAP -> {}
        }
    }

    private void step(JournalRecord record, StepRecord step) {
        if (step.entryCount() == 0) {
            return;
        }
        Turn turn = turns.computeIfAbsent(step.lane(), _ -> new Turn());
        // Nothing of it was answered, and the lane goes on: it did so at once.
        turn.answered = turn.answered == 0 ? record.clockNanos() : turn.answered;
        ended(step.lane(), turn);
        turn.began = record.clockNanos();
        turn.answered = 0;
        turn.entries = step.entryCount();
        turn.tokens = 0;
        for (int i = 0; i < step.entryCount(); i++) {
            turn.tokens += step.count(i);
            Life life = lives.get(step.request(i));
            if (life != null) {
                life.lane = step.lane();
                life.stepped = life.stepped == 0 ? record.clockNanos() : life.stepped;
            }
        }
    }

    private void ended(int lane, Turn turn) {
        if (!steps || turn.began == 0 || turn.answered == 0 || lane >= lanes.size()) {
            return;
        }
        profile.see(
                new StepSample(
                        lanes.get(lane),
                        epoch + turn.began,
                        epoch + turn.answered,
                        turn.entries,
                        turn.tokens));
    }

    private void output(JournalRecord record) {
        Life life = lives.get(record.requestId());
        if (life == null) {
            return;
        }
        OutputRecord output = OutputRecord.of(record);
        Turn turn = turns.get(life.lane);
        if (turn != null) {
            turn.answered = record.clockNanos();
        }
        if (record.type() == RecordType.OUTPUT_FAILURE) {
            life.status = FailureRecord.of(record).status().toLowerCase(Locale.ROOT);
        } else if (record.type() == RecordType.OUTPUT_TOKENS
                && life.firstToken == 0
                && !TokensRecord.of(record).prompt()) {
            life.firstToken = record.clockNanos() - life.arrived;
        }
        if (record.last()) {
            lives.remove(record.requestId());
            if (!steps) {
                profile.see(sample(record, output, life));
            }
        }
    }

    private RequestSample sample(JournalRecord record, OutputRecord output, Life life) {
        long end = record.clockNanos();
        long stepped = life.stepped == 0 ? end : life.stepped;
        long decided = life.decided == 0 || life.stepped == 0 ? stepped : life.decided;
        String model = output.model();
        return new RequestSample(
                RequestIds.hex(record.requestId()),
                model == null ? "none" : model,
                life.status,
                output.promptTokens(),
                output.completionTokens(),
                epoch + life.arrived,
                life.firstToken,
                List.of(
                        life.recorded - life.arrived,
                        decided - life.recorded,
                        stepped - decided,
                        end - stepped));
    }
}

package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.ServerConfig;
import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on record of requests that ran together fits together. */
class RecordsTest {
    private static final int REQUESTS = 12;

    @TempDir Path journal;

    /** What is known of a request, at each point of the journal. */
    private static final class Life {
        private final String name;
        private int decisions;
        private boolean taken;
        private boolean ended;
        private int promptTokens;
        private final List<Integer> published = new ArrayList<>();

        /** Positions computed, by run. */
        private final Map<Integer, List<Boolean>> computed = new HashMap<>();

        Life(String name) {
            this.name = name;
        }

        void compute(int run, int start, int count) {
            List<Boolean> positions = computed.computeIfAbsent(run, _ -> new ArrayList<>());
            for (int i = start; i < start + count; i++) {
                while (positions.size() <= i) {
                    positions.add(false);
                }
                positions.set(i, true);
            }
        }

        boolean hasComputed(int run, int position) {
            List<Boolean> positions = computed.getOrDefault(run, List.of());
            return position < positions.size() && positions.get(position);
        }
    }

    private final Map<Long, Life> lives = new HashMap<>();
    private final Map<Integer, Long> turns = new HashMap<>();
    private int sharedSteps;
    private int tokens;

    private static void call(RunningServer server, int number) {
        String more =
                switch (number % 4) {
                    case 0 -> "{\"stream\":true}";
                    case 1 -> "{\"n\":2,\"temperature\":1,\"logprobs\":1}";
                    case 2 -> "{\"max_tokens\":-1}";
                    default -> "{\"stop\":[\"the\"]}";
                };
        String prompt = "It is a truth universally acknowledged ".repeat(1 + number);
        Answer answer =
                server.client().post("/v1/completions", DemoModelTest.completion(prompt, 8, more));
        assertThat(answer.status()).isEqualTo(number % 4 == 2 ? 400 : 200);
    }

    @Test
    void shouldHoldIngressDecisionStepsAndOutputsOfConcurrentRequestsInOneOrder() throws Exception {
        try (var server = Setup.recordingTo(journal).start()) {
            try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> calls = new ArrayList<>();
                for (int i = 0; i < REQUESTS; i++) {
                    int number = i;
                    calls.add(callers.submit(() -> call(server, number)));
                }
                for (Future<?> call : calls) {
                    call.get();
                }
            }
        }
        try (JournalReader reader = JournalReader.open(journal)) {
            while (reader.next()) {
                see(reader.record());
            }
            assertThat(reader.damage()).isNull();
        }
        assertThat(lives).hasSize(REQUESTS);
        assertThat(lives.values())
                .allSatisfy(life -> {
                    assertThat(life.decisions).as("decisions of %s", life.name).isEqualTo(1);
                    assertThat(life.ended).as("last word of %s", life.name).isTrue();
                });
        assertThat(sharedSteps).isPositive();
        assertThat(tokens).isGreaterThan(REQUESTS);
    }

    private void see(JournalRecord record) {
        switch (record.type()) {
            case ENVIRONMENT, GAP -> {}
            case INGRESS ->
                    lives.put(
                            record.requestId(),
                            new Life(IngressRecord.of(record).clientRequestId()));
            case DECISION -> decision(life(record), DecisionRecord.of(record));
            case STEP -> step(StepRecord.of(record));
            case CANCEL -> life(record);
            case OUTPUT_TOKENS -> {
                tokens(life(record), OutputRecord.of(record), TokensRecord.of(record));
                life(record).ended = record.last();
            }
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR, OUTPUT_FAILURE ->
                    life(record).ended = record.last();
        }
    }

    /** The request of a record, whose ingress came before it and whose end did not. */
    private Life life(JournalRecord record) {
        Life life = life(record.requestId());
        assertThat(life.ended).as("record %d", record.recordIndex()).isFalse();
        return life;
    }

    private Life life(long requestId) {
        Life life = lives.get(requestId);
        if (life == null) {
            throw new AssertionError("a record of request " + requestId + " before its ingress");
        }
        return life;
    }

    private static void decision(Life life, DecisionRecord decision) {
        life.decisions++;
        life.promptTokens = decision.promptTokens();
        if (decision.admitted()) {
            assertThat(decision.model()).isEqualTo(DemoModelTest.MODEL);
            assertThat(decision.maxTokens()).isEqualTo(8);
        } else {
            assertThat(decision.outcome()).isEqualTo(RequestStatus.INVALID);
            assertThat(decision.param()).isEqualTo("max_tokens");
        }
    }

    private void step(StepRecord step) {
        assertThat(step.number()).isEqualTo(turns.getOrDefault(step.lane(), 0L));
        turns.put(step.lane(), step.number() + 1);
        for (int i = 0; i < step.eventCount(); i++) {
            if (step.event(i) == LaneTurn.Event.TAKEN) {
                Life life = life(step.eventRequest(i));
                assertThat(life.decisions).isEqualTo(1);
                assertThat(life.taken).isFalse();
                life.taken = true;
            }
        }
        for (int i = 0; i < step.entryCount(); i++) {
            Life life = life(step.request(i));
            assertThat(life.taken).isTrue();
            life.compute(step.run(i), step.start(i), step.count(i));
            sharedSteps += step.request(i) == step.request(0) ? 0 : 1;
        }
    }

    private void tokens(Life life, OutputRecord output, TokensRecord answer) {
        assertThat(answer.hasDigests()).isEqualTo(answer.count() > 0);
        int run = output.index();
        while (life.published.size() <= run) {
            life.published.add(0);
        }
        int before = life.published.get(run);
        for (int i = 0; i < answer.count(); i++) {
            // A token comes out of the row of the position before it.
            int position = life.promptTokens + before + i - 1;
            assertThat(life.hasComputed(run, position))
                    .as("%s at %d", life.name, position)
                    .isTrue();
        }
        life.published.set(run, before + answer.count());
        tokens += answer.count();
    }

    @Test
    void shouldBeginWithAllThatARunCanBeRepeatedFrom() {
        ServerConfig config = Setup.recordingTo(journal).config();
        EnvironmentRecord own;
        try (var server = RunningServer.start(config)) {
            assertThat(server.server().journalDir()).isNotNull();
        }
        try (JournalReader reader = JournalReader.open(journal)) {
            assertThat(reader.next()).isTrue();
            own = EnvironmentRecord.of(reader.record());
        }
        assertThat(new ConfigLoader().recorded(own.settings()).load().config()).isEqualTo(config);
        assertThat(own.engineThreads()).isEqualTo(config.threads().engineThreads());
        assertThat(own.modelsFolder()).isNull();
        assertThat(own.models()).hasSize(1);
        EnvironmentRecord.Model model = own.models().getFirst();
        assertThat(model.name()).isEqualTo(DemoModelTest.MODEL);
        assertThat(model.kind()).isEqualTo("generate");
        assertThat(model.weights()).isEqualTo("float32");
        assertThat(model.digest()).matches("[0-9a-f]{64}");
        assertThat(model.tokenizer()).matches("[0-9a-f]{64}");
        assertThat(own.facts())
                .containsEntry("java", Runtime.version().toString())
                .containsKeys("cpu.capability", "cpu.model", "os", "threads.plan");
    }
}

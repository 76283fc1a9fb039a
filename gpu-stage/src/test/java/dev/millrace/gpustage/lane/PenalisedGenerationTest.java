package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.EndIds;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.StepBatch;
import dev.millrace.gpustage.model.StepLogits;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.sampling.NaiveSampler;
import dev.millrace.gpustage.sampling.Philox;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Penalties and biases through a lane, against the same model driven by {@link NaiveSampler}. */
class PenalisedGenerationTest extends TorchTest {
    private static final int TOKENS = 40;

    @TempDir static Path folder;
    private static int[] prompt = {};

    @BeforeAll
    static void extract() throws IOException {
        Path model = DemoModel.extractTo(folder);
        JsonNode golden =
                new JsonMapper().readTree(Files.readAllBytes(model.resolve("golden.json")));
        prompt = SharedModels.ints(golden.path("prompt_ids"));
    }

    private static LaneHarness harness() {
        Path model = folder.resolve(DemoModel.NAME);
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        DemoModel.NAME,
                        LlamaModel.load(model, CacheLimits.of(8, 512), WeightFormat.FLOAT32),
                        new GenerationConfig(8, 32, 32, 64, 0, 0),
                        true,
                        EndIds.read(model),
                        id -> new byte[0],
                        1,
                        output));
    }

    private static SamplingParams params(float temperature, float repetition, float frequency) {
        var params = new SamplingParams();
        params.reset();
        params.temperature = temperature;
        params.repetitionPenalty = repetition;
        params.frequencyPenalty = frequency;
        params.seed = 1813;
        params.maxTokens = TOKENS;
        params.ignoreEos = true;
        return params;
    }

    private static SamplingParams everything() {
        SamplingParams params = params(0.8f, 1.3f, 0.7f);
        params.presencePenalty = 0.4f;
        params.minP = 0.02f;
        params.topP = 0.97f;
        params.biasedIds = new int[] {45, 7};
        params.biases = new float[] {2.5f, -100};
        return params;
    }

    private static Answer send(LaneHarness harness, SamplingParams params, int[]... prompts) {
        return harness.send(slot -> {
            slot.sampling.copyFrom(params);
            LaneHarness.prompts(slot, prompts);
        });
    }

    @Test
    void shouldPenaliseWhatTheGenerationHolds() {
        List<SamplingParams> cases =
                List.of(
                        params(0, 1.5f, 0),
                        params(0, 0.8f, 0),
                        params(0, 1, 2),
                        params(0, 1, -0.5f),
                        params(0, 1.2f, 0.6f),
                        everything());
        int[] plain = naive(params(0, 1, 0));
        try (LaneHarness harness = harness()) {
            List<Answer> answers = new ArrayList<>();
            cases.forEach(each -> answers.add(send(harness, each, prompt)));
            for (int i = 0; i < cases.size(); i++) {
                int[] tokens = harness.await(answers.get(i)).tokens(0);
                assertThat(tokens)
                        .as("case %d seed %d", i, cases.get(i).seed)
                        .containsExactly(naive(cases.get(i)))
                        .isNotEqualTo(plain);
            }
        }
    }

    @Test
    void shouldCountEachPromptByItselfWhateverRunsBeside() {
        SamplingParams params = everything();
        int[] other = Arrays.copyOf(prompt, prompt.length - 1);
        try (LaneHarness harness = harness()) {
            int[] alone = harness.await(send(harness, params, prompt)).tokens(0);
            List<Answer> mates = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                mates.add(send(harness, params(0, 1 + i, i), other));
            }
            Answer pair = send(harness, params, prompt, other);
            assertThat(harness.await(pair).tokens(0)).containsExactly(alone);
            assertThat(pair.tokens(1)).isNotEqualTo(alone);
            mates.forEach(harness::await);
        }
    }

    @Test
    void shouldRefuseABiasOutsideTheVocabulary() {
        SamplingParams bad = everything();
        bad.biasedIds = new int[] {2048};
        bad.biases = new float[] {1};
        try (LaneHarness harness = harness()) {
            Answer refused = harness.await(send(harness, bad, prompt));
            assertThat(refused.status).isEqualTo(RequestStatus.INVALID);
            assertThat(refused.errorMessage).contains("2048");
            assertThat(harness.await(send(harness, everything(), prompt)).tokens(0))
                    .hasSize(TOKENS);
            assertThat(harness.lane().load()).isZero();
        }
    }

    /** One generation alone, a token a step. */
    private static int[] naive(SamplingParams params) {
        List<Integer> asked = Arrays.stream(prompt).boxed().toList();
        List<Integer> answer = new ArrayList<>();
        try (StepModel model =
                        LlamaModel.load(
                                folder.resolve(DemoModel.NAME),
                                CacheLimits.of(1, 512),
                                WeightFormat.FLOAT32);
                StepBatch batch = StepBatch.of(model, 512, 1)) {
            int computed = 0;
            while (answer.size() < TOKENS) {
                int known = prompt.length + answer.size();
                batch.clear();
                batch.beginEntry(computed, known - computed);
                for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
                    batch.addBlock(block);
                }
                for (int at = computed; at < known; at++) {
                    batch.addToken(
                            at < prompt.length ? prompt[at] : answer.getLast(), at == known - 1);
                }
                computed = known;
                try (StepLogits step = model.step(batch)) {
                    MemorySegment logits = step.rows();
                    float[] row =
                            logits.asSlice(0, 4L * model.vocabularySize())
                                    .toArray(ValueLayout.JAVA_FLOAT);
                    double uniform = Philox.uniform(params.seed, 0, known);
                    answer.add(NaiveSampler.sample(row, params, asked, answer, uniform));
                }
            }
        }
        return answer.stream().mapToInt(id -> id).toArray();
    }
}

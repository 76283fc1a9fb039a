package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.lane.LaneHarness.Reply;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.EndIds;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GenerateLaneTest extends TorchTest {
    @TempDir static Path folder;
    private static JsonNode golden;

    /** Token 45 is ", ", every other token is its number between brackets. */
    private static final TokenBytes TEXT =
            id -> (id == 45 ? "," : "[" + id + "]").getBytes(StandardCharsets.UTF_8);

    @BeforeAll
    static void extract() throws IOException {
        Path model = DemoModel.extractTo(folder);
        golden = new JsonMapper().readTree(Files.readAllBytes(model.resolve("golden.json")));
    }

    private static LaneHarness harness(int slots, int stepTokens, int maxWaiting) {
        Path model = folder.resolve(DemoModel.NAME);
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        DemoModel.NAME,
                        LlamaModel.load(model, CacheLimits.of(slots, 512), WeightFormat.FLOAT32),
                        new GenerationConfig(slots, stepTokens, stepTokens, maxWaiting, 0, 0),
                        true,
                        EndIds.read(model),
                        TEXT,
                        1,
                        output));
    }

    private static Answer send(LaneHarness harness, int[] prompt, Consumer<SamplingParams> params) {
        return harness.send(slot -> {
            slot.sampling.temperature = 0;
            slot.sampling.maxTokens = 48;
            params.accept(slot.sampling);
            LaneHarness.prompts(slot, prompt);
        });
    }

    private static int[] prompt() {
        return SharedModels.ints(golden.path("prompt_ids"));
    }

    private static int[] generated() {
        return SharedModels.ints(golden.path("generated_ids"));
    }

    @Test
    void shouldStreamTheGoldenIdsAndAccountForEveryNanosecond() {
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer answer = harness.await(send(harness, prompt(), _ -> {}));
            assertThat(answer.tokens(0)).containsExactly(generated());
            assertThat(answer.replies).hasSize(48);
            assertThat(answer.lastOf(0).finish()).isEqualTo(FinishReason.LENGTH);
            assertThat(answer.lasts).isEqualTo(1);
            assertThat(answer.partitionNanos).isEqualTo(answer.totalNanos).isPositive();
            assertThat(harness.counters().get(Counter.STEPS)).isEqualTo(48);
            assertThat(harness.lane().load()).isZero();
        }
    }

    @Test
    void shouldGiveSixtyFourRequestsTheirSoloTokens() {
        List<JsonNode> goldens = SharedModels.prompts(golden);
        try (LaneHarness harness = harness(16, 48, 256)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                JsonNode each = goldens.get(i % goldens.size());
                int count = each.path("generated_ids").size();
                answers.add(
                        send(
                                harness,
                                SharedModels.ints(each.path("prompt_ids")),
                                params -> params.maxTokens = count));
            }
            for (int i = 0; i < 64; i++) {
                int[] expected =
                        SharedModels.ints(goldens.get(i % goldens.size()).path("generated_ids"));
                assertThat(harness.await(answers.get(i)).tokens(0)).containsExactly(expected);
            }
            assertThat(harness.inFlight()).isZero();
            assertThat(harness.lane().load()).isZero();
        }
    }

    @Test
    void shouldKeepTheRunsOfOneRequestApart() {
        List<JsonNode> goldens = SharedModels.prompts(golden);
        int[] first = SharedModels.ints(goldens.get(0).path("prompt_ids"));
        int[] second = SharedModels.ints(goldens.get(1).path("prompt_ids"));
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer answer =
                    harness.await(
                            harness.send(slot -> {
                                slot.context().stream = false;
                                slot.sampling.temperature = 0;
                                slot.sampling.maxTokens = 20;
                                LaneHarness.prompts(slot, first, second);
                            }));
            assertThat(answer.tokens(0)).containsExactly(firstIds(goldens.get(0), 20));
            assertThat(answer.tokens(1)).containsExactly(firstIds(goldens.get(1), 20));
            assertThat(answer.replies).as("nobody streams: one reply a run").hasSize(2);
            assertThat(answer.lasts).isEqualTo(1);
        }
    }

    @Test
    void shouldEndBeforeAStopStringThatSpansTokens() {
        int[] expected = generated();
        String text = new String(join(expected, 10), StandardCharsets.UTF_8);
        // From the middle of the fourth token to the middle of the sixth.
        int begin = join(expected, 3).length + 1;
        String stop = text.substring(begin, join(expected, 5).length + 2);
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer answer =
                    harness.await(
                            send(
                                    harness,
                                    prompt(),
                                    params ->
                                            params.stopStrings =
                                                    new byte[][] {
                                                        stop.getBytes(StandardCharsets.UTF_8)
                                                    }));
            Reply last = answer.lastOf(0);
            assertThat(last.finish()).isEqualTo(FinishReason.STOP);
            assertThat(answer.tokens(0)).containsExactly(firstIds(golden, 6));
            assertThat(join(expected, 6).length - last.hiddenBytes()).isEqualTo(begin);
            assertThat(last.hiddenTokens()).isEqualTo(2);
            int inLast = join(expected, 6).length - join(expected, 6 - last.count()).length;
            assertThat(inLast)
                    .as("what a stop may claim is held back")
                    .isGreaterThanOrEqualTo(last.hiddenBytes());
        }
    }

    @Test
    void shouldEndAtAStopIdAndHideIt() {
        int[] expected = generated();
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer answer =
                    harness.await(
                            send(harness, prompt(), params -> params.stopIds.add(expected[4])));
            int first = 0;
            while (expected[first] != expected[4]) {
                first++;
            }
            assertThat(answer.tokens(0)).containsExactly(firstIds(golden, first + 1));
            assertThat(answer.lastOf(0).hiddenTokens()).isEqualTo(1);
            assertThat(answer.lastOf(0).hiddenBytes()).isEqualTo(TEXT.bytesOf(expected[4]).length);
            assertThat(answer.lastOf(0).finish()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void shouldSampleTheSameTokensForTheSameSeedWhateverRunsBeside() {
        Consumer<SamplingParams> seeded =
                params -> {
                    params.temperature = 0.9f;
                    params.topP = 0.95f;
                    params.topK = 40;
                    params.seed = 1813;
                };
        try (LaneHarness harness = harness(8, 32, 64)) {
            int[] alone = harness.await(send(harness, prompt(), seeded)).tokens(0);
            List<Answer> mates = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                int seed = i;
                mates.add(
                        send(
                                harness,
                                prompt(),
                                params -> {
                                    seeded.accept(params);
                                    params.seed = seed;
                                }));
            }
            int[] accompanied = harness.await(send(harness, prompt(), seeded)).tokens(0);
            assertThat(accompanied).containsExactly(alone);
            assertThat(
                            mates.stream()
                                    .map(mate -> Arrays.toString(harness.await(mate).tokens(0)))
                                    .distinct())
                    .hasSizeGreaterThan(4);
        }
    }

    @Test
    void shouldStopWorkForAClientThatWentAway() {
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer answer = send(harness, prompt(), params -> params.maxTokens = 480);
            Awaitility.await().until(() -> !answer.replies.isEmpty());
            harness.cancel(answer);
            harness.await(answer);
            assertThat(answer.status).isEqualTo(RequestStatus.CANCELLED);
            assertThat(answer.tokens(0).length).isLessThan(480);
            assertThat(answer.lasts).isEqualTo(1);
            assertThat(harness.lane().load()).isZero();
            assertThat(harness.await(send(harness, prompt(), _ -> {})).tokens(0))
                    .containsExactly(generated());
        }
    }

    @Test
    void shouldRefuseBadPromptsAndServeTheirNeighbours() {
        try (LaneHarness harness = harness(4, 64, 16)) {
            Answer good = send(harness, prompt(), _ -> {});
            Answer outside = send(harness, new int[] {1, 2048}, _ -> {});
            Answer negative = send(harness, new int[] {-1}, _ -> {});
            Answer empty = send(harness, new int[0], _ -> {});
            Answer tooLong = send(harness, new int[512], _ -> {});
            assertThat(harness.await(outside).errorMessage).contains("2048");
            assertThat(harness.await(negative).status).isEqualTo(RequestStatus.INVALID);
            assertThat(harness.await(empty).status).isEqualTo(RequestStatus.INVALID);
            assertThat(harness.await(tooLong).status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
            assertThat(harness.await(good).tokens(0)).containsExactly(generated());
        }
    }

    @Test
    void shouldEndWithTheContext() {
        try (LaneHarness harness = harness(2, 64, 16)) {
            int[] prompt = new int[508];
            Arrays.fill(prompt, 45);
            Answer answer = harness.await(send(harness, prompt, params -> params.ignoreEos = true));
            assertThat(answer.tokens(0)).hasSize(4);
            assertThat(answer.lastOf(0).finish()).isEqualTo(FinishReason.LENGTH);
        }
    }

    @Test
    void shouldLeaveInTheRingWhatItHasNoRoomFor() {
        try (LaneHarness harness = harness(1, 16, 1)) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                answers.add(send(harness, prompt(), params -> params.maxTokens = 4));
            }
            answers.forEach(answer ->
                    assertThat(harness.await(answer).tokens(0))
                            .containsExactly(firstIds(golden, 4)));
        }
    }

    private static int[] firstIds(JsonNode each, int count) {
        return Arrays.copyOf(SharedModels.ints(each.path("generated_ids")), count);
    }

    private static byte[] join(int[] ids, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append(new String(TEXT.bytesOf(ids[i]), StandardCharsets.UTF_8));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}

package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.BertModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.ModelEntry.BatchLimits;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EmbedLaneTest extends TorchTest {
    private static final String NAME = "all-MiniLM-L6-v2";

    private static LaneHarness harness(int maxRows) {
        Path folder = SharedModels.folder(NAME);
        return new LaneHarness(output ->
                new EmbedLane(
                        0,
                        NAME,
                        BertModel.load(folder, WeightFormat.FLOAT32),
                        new BatchLimits(true, maxRows, 0, List.of()),
                        1024,
                        64,
                        output));
    }

    @Test
    void shouldEmbedTheTextsOfManyRequestsTogether() {
        JsonNode golden = SharedModels.golden(NAME);
        long far = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
        try (LaneHarness harness = harness(32)) {
            List<Answer> answers = new ArrayList<>();
            // Sixteen requests of two texts each fill a batch of 32.
            for (int i = 0; i < 16; i++) {
                int first = i % 6;
                answers.add(
                        harness.send(slot -> {
                            LaneHarness.prompts(slot, ids(golden, first), ids(golden, 5 - first));
                            slot.dueNanos = far;
                        }));
            }
            for (int i = 0; i < 16; i++) {
                Answer answer = harness.await(answers.get(i));
                check(golden, i % 6, answer.floats(0));
                check(golden, 5 - i % 6, answer.floats(1));
                assertThat(answer.lasts).isEqualTo(1);
            }
            assertThat(harness.counters().get(Counter.BATCHES)).isEqualTo(1);
            assertThat(harness.lane().load()).isZero();
        }
    }

    @Test
    void shouldSplitARequestWithMoreTextsThanABatch() {
        JsonNode golden = SharedModels.golden(NAME);
        try (LaneHarness harness = harness(4)) {
            int[][] texts = new int[6][];
            for (int i = 0; i < 6; i++) {
                texts[i] = ids(golden, i);
            }
            Answer answer = harness.await(harness.send(slot -> LaneHarness.prompts(slot, texts)));
            for (int i = 0; i < 6; i++) {
                check(golden, i, answer.floats(i));
            }
            assertThat(harness.counters().get(Counter.BATCHED_ROWS)).isEqualTo(6);
        }
    }

    @Test
    void shouldRefuseTextsThatTheModelCannotTake() {
        JsonNode golden = SharedModels.golden(NAME);
        try (LaneHarness harness = harness(4)) {
            Answer tooLong = harness.send(slot -> LaneHarness.prompts(slot, new int[513]));
            Answer outside =
                    harness.send(slot -> LaneHarness.prompts(slot, new int[] {101, 30522}));
            Answer empty =
                    harness.send(slot -> LaneHarness.prompts(slot, ids(golden, 0), new int[0]));
            assertThat(harness.await(tooLong).status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
            assertThat(harness.await(outside).errorMessage).contains("30522");
            assertThat(harness.await(empty).errorMessage).contains("text 1");
            Answer good =
                    harness.await(harness.send(slot -> LaneHarness.prompts(slot, ids(golden, 0))));
            check(golden, 0, good.floats(0));
        }
    }

    @Test
    void shouldNotEmbedWhatWouldComeTooLate() {
        JsonNode golden = SharedModels.golden(NAME);
        try (LaneHarness harness = harness(4)) {
            Answer late =
                    harness.send(slot -> {
                        LaneHarness.prompts(slot, ids(golden, 0), ids(golden, 1));
                        slot.context().deadlineNanos = slot.context().stamps.arrivalNanos();
                    });
            assertThat(harness.await(late).status).isEqualTo(RequestStatus.DEADLINE);
            Answer good =
                    harness.await(harness.send(slot -> LaneHarness.prompts(slot, ids(golden, 0))));
            check(golden, 0, good.floats(0));
            assertThat(harness.counters().get(Counter.BATCHED_ROWS)).isEqualTo(1);
        }
    }

    private static int[] ids(JsonNode golden, int index) {
        return SharedModels.ints(golden.path("input_ids").get(index));
    }

    private static void check(JsonNode golden, int index, float[] embedding) {
        JsonNode expected = golden.path("embeddings").get(index);
        assertThat(embedding).hasSize(expected.size());
        for (int i = 0; i < embedding.length; i++) {
            assertThat(embedding[i]).isCloseTo((float) expected.get(i).asDouble(), within(1e-4f));
        }
    }
}

package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.TinyLlama;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.RequestStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.agrona.collections.IntHashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaneFailureTest extends TorchTest {
    private static final int POISON = 5;

    @TempDir Path folder;

    private LaneHarness harness() throws IOException {
        return harness(CacheLimits.of(4, 64), 1);
    }

    private LaneHarness harness(CacheLimits cache, int threads) throws IOException {
        // A head of its own: with tied embeddings the poison would be in every row of logits.
        new TinyLlama(4, 2, 6, false, false, 3).poison(POISON).write(folder);
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        "tiny",
                        LlamaModel.load(folder, cache, WeightFormat.FLOAT32),
                        new GenerationConfig(4, 16, 16, 16, 0, 0),
                        true,
                        new IntHashSet(),
                        id -> new byte[] {(byte) id},
                        threads,
                        output));
    }

    private static Answer send(LaneHarness harness, int[]... prompts) {
        return harness.send(slot -> {
            slot.sampling.temperature = 0;
            slot.sampling.maxTokens = 12;
            // The model may choose the poisoned token itself; stop before it is computed.
            slot.sampling.stopIds.add(POISON);
            LaneHarness.prompts(slot, prompts);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldFailOnlyTheRequestWhoseLogitsAreNoNumbers(int threads) throws IOException {
        try (LaneHarness harness = harness(CacheLimits.of(4, 64), threads)) {
            int[] alone = harness.await(send(harness, new int[] {1, 2, 3})).tokens(0);
            List<Answer> good = new ArrayList<>();
            List<Answer> bad = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                good.add(send(harness, new int[] {1, 2, 3}));
                // The other run of the request ends with it.
                bad.add(send(harness, new int[] {1, 2, 3}, new int[] {1, POISON, 3}));
            }
            for (Answer answer : bad) {
                assertThat(harness.await(answer).status).isEqualTo(RequestStatus.INTERNAL);
                assertThat(answer.errorMessage)
                        .isEqualTo("the model gave logits that are no numbers at position 3");
                assertThat(answer.lasts).isEqualTo(1);
            }
            for (Answer answer : good) {
                assertThat(harness.await(answer).tokens(0)).containsExactly(alone);
            }
            assertThat(harness.counters().get(Counter.LANE_FAILURES)).isEqualTo(6);
            assertThat(harness.lane().load()).isZero();
            assertThat(harness.inFlight()).isZero();
        }
    }

    @Test
    void shouldLeaveNothingInTheBlocksOfAFailedRequest() throws IOException {
        int[] poisoned = new int[52];
        Arrays.fill(poisoned, 3);
        poisoned[0] = POISON;
        int[] shorter = {1, 2, 3};
        int[] longer = {4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
        // Seven of all eight blocks hold what the failing request computed.
        try (LaneHarness harness = harness(new CacheLimits(4, 64, 8, 64), 1)) {
            int[] shorterAlone = harness.await(send(harness, shorter)).tokens(0);
            int[] longerAlone = harness.await(send(harness, longer)).tokens(0);
            for (int i = 0; i < 3; i++) {
                // The second time its prefix is in the cache, and fails it as well.
                for (int repeat = 0; repeat < 2; repeat++) {
                    Answer bad = harness.await(send(harness, poisoned));
                    assertThat(bad.status).isEqualTo(RequestStatus.INTERNAL);
                }
                Answer both = harness.await(send(harness, shorter, longer));
                assertThat(both.errorMessage).isEmpty();
                assertThat(both.tokens(0)).containsExactly(shorterAlone);
                assertThat(both.tokens(1)).containsExactly(longerAlone);
            }
        }
    }

    @Test
    void shouldRecordOneEventAStep() throws IOException {
        Path file = folder.resolve("steps.jfr");
        long began = System.nanoTime();
        long steps;
        try (Recording recording = new Recording()) {
            recording.enable("millrace.Step");
            recording.start();
            try (LaneHarness harness = harness()) {
                harness.await(send(harness, new int[] {1, 2, 3}, new int[] {4, 6}));
                harness.await(send(harness, new int[] {7}));
                steps = harness.counters().get(Counter.STEPS);
            }
            recording.stop();
            recording.dump(file);
        }
        long elapsedNanos = System.nanoTime() - began;
        List<RecordedEvent> events = new ArrayList<>();
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            if (event.getEventType().getName().equals("millrace.Step")) {
                events.add(event);
            }
        }
        assertThat(events).hasSize((int) steps);
        assertThat(events.getFirst().getInt("entries")).isEqualTo(2);
        assertThat(events.getFirst().getInt("tokens")).isEqualTo(5);
        assertThat(events.getFirst().getString("lane")).isEqualTo("lane-tiny");
        assertThat(events.getFirst().getStackTrace()).isNull();
        long stepNanos = 0;
        for (int i = 0; i < events.size(); i++) {
            assertThat(events.get(i).getLong("step")).isEqualTo(i);
            assertThat(events.get(i).getDuration().toNanos()).isPositive();
            stepNanos += events.get(i).getDuration().toNanos();
        }
        assertThat(stepNanos).as("durations do not overlap").isLessThan(elapsedNanos);
    }
}

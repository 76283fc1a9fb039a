package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.ScriptFiles;
import dev.millrace.gpustage.model.TorchScriptModel;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelEntry.BatchLimits;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TensorRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorLaneTest extends TorchTest {
    /** Doubles, counts the rows of the whole batch, and throws on a 13 anywhere in it. */
    private static final String SOURCE =
            """
            def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
                assert not bool((x == 13).any()), "thirteen"
                return x * 2, torch.full([x.size(0), 1], x.size(0), dtype=4)
            """;

    @TempDir Path folder;

    private LaneHarness harness(BatchLimits limits) {
        Path file = ScriptFiles.write(folder.resolve("model.pt"), SOURCE);
        return new LaneHarness(output ->
                new TensorLane(0, "double", TorchScriptModel.load(file, null), limits, 64, output));
    }

    private static BatchLimits limits(int maxRows, long delayMillis, Integer... preferred) {
        return new BatchLimits(
                true, maxRows, TimeUnit.MILLISECONDS.toNanos(delayMillis), List.of(preferred));
    }

    private static void input(RequestSlot slot, int rows, float... values) {
        TensorRef ref = slot.inputs[slot.inputCount++];
        ref.name = "INPUT__0";
        ref.datatype = Datatype.FP32;
        ref.rank = 2;
        ref.shape[0] = rows;
        ref.shape[1] = values.length / rows;
        ref.inBody = false;
        // Not at the start, and not aligned.
        ref.offset = 3;
        ref.lengthBytes = 4 * values.length;
        for (int i = 0; i < values.length; i++) {
            slot.decoded.buffer().putFloat(3 + 4 * i, values[i]);
        }
        slot.decoded.length(3 + 4 * values.length);
        slot.rows = rows;
    }

    @Test
    void shouldAnswerOneRequest() {
        try (LaneHarness harness = harness(limits(8, 0))) {
            Answer answer = harness.await(harness.send(slot -> input(slot, 2, 1, 2, 3, 4)));
            assertThat(answer.floats(0)).containsExactly(2, 4, 6, 8);
            assertThat(answer.replies.get(0).shape()).containsExactly(2L, 2L);
            assertThat(answer.replies.get(0).tensorName()).isEqualTo("OUTPUT__0");
            assertThat(answer.replies.get(1).tensorName()).isEqualTo("OUTPUT__1");
            assertThat(answer.lasts).isEqualTo(1);
            assertThat(answer.partitionNanos).isEqualTo(answer.totalNanos);
        }
    }

    @Test
    void shouldJoinRequestsUntilFullAndSplitTheirOutputs() {
        long far = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
        try (LaneHarness harness = harness(limits(4, 1000))) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                float base = 20 * i;
                answers.add(
                        harness.send(slot -> {
                            input(slot, 2, base, base + 1, base + 2, base + 3);
                            slot.dueNanos = far;
                        }));
            }
            assertThat(harness.await(answers.get(0)).floats(0)).containsExactly(0, 2, 4, 6);
            assertThat(harness.await(answers.get(1)).errorMessage).isEmpty();
            assertThat(answers.get(1).floats(0)).containsExactly(40, 42, 44, 46);
            assertThat(rowsSeen(answers.get(1))).containsExactly(4L, 4L);
            assertThat(harness.counters().get(Counter.BATCHES)).isEqualTo(1);
            assertThat(harness.counters().get(Counter.BATCHED_ROWS)).isEqualTo(4);
        }
    }

    @Test
    void shouldNotExecuteWhatWouldComeTooLate() {
        try (LaneHarness harness = harness(limits(8, 0))) {
            Answer late =
                    harness.send(slot -> {
                        input(slot, 1, 1);
                        slot.context().deadlineNanos = slot.context().stamps.arrivalNanos();
                    });
            assertThat(harness.await(late).status).isEqualTo(RequestStatus.DEADLINE);
            assertThat(harness.counters().get(Counter.BATCHES)).isZero();
        }
    }

    @Test
    void shouldFailOnlyTheRequestThatThrows() {
        long far = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
        try (LaneHarness harness = harness(limits(3, 1000))) {
            List<Answer> answers = new ArrayList<>();
            for (float value : new float[] {1, 13, 3}) {
                answers.add(
                        harness.send(slot -> {
                            input(slot, 1, value);
                            slot.dueNanos = far;
                        }));
            }
            assertThat(harness.await(answers.get(0)).floats(0)).containsExactly(2);
            assertThat(harness.await(answers.get(1)).errorMessage)
                    .contains("thirteen")
                    .doesNotContain("\n");
            assertThat(answers.get(1).status).isEqualTo(RequestStatus.INVALID);
            assertThat(harness.await(answers.get(2)).floats(0)).containsExactly(6);
            assertThat(harness.lane().load()).isZero();
        }
    }

    @Test
    void shouldRepeatAloneWhatCannotBeJoined() {
        long far = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
        try (LaneHarness harness = harness(limits(2, 1000))) {
            Answer narrow =
                    harness.send(slot -> {
                        input(slot, 1, 1, 2);
                        slot.dueNanos = far;
                    });
            Answer wide =
                    harness.send(slot -> {
                        input(slot, 1, 1, 2, 3);
                        slot.dueNanos = far;
                    });
            assertThat(harness.await(narrow).floats(0)).containsExactly(2, 4);
            assertThat(harness.await(wide).floats(0)).containsExactly(2, 4, 6);
        }
    }

    @Test
    void shouldExecuteWhenTheOldestIsDue() {
        try (LaneHarness harness = harness(limits(64, 5))) {
            Answer answer =
                    harness.send(slot -> {
                        input(slot, 1, 4);
                        slot.dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(5);
                    });
            assertThat(harness.await(answer).floats(0)).containsExactly(8);
        }
    }

    @Test
    void shouldDropARequestWhoseClientWentAwayWhileItWaited() {
        long far = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
        try (LaneHarness harness = harness(limits(2, 1000))) {
            Answer gone =
                    harness.send(slot -> {
                        input(slot, 1, 4);
                        slot.dueNanos = far;
                    });
            harness.cancel(gone);
            Answer stays =
                    harness.send(slot -> {
                        input(slot, 1, 5);
                        slot.dueNanos = far;
                    });
            assertThat(harness.await(gone).status).isEqualTo(RequestStatus.CANCELLED);
            assertThat(harness.await(stays).floats(0)).containsExactly(10);
        }
    }

    @Test
    void shouldRefuseARequestWithoutItsInputAndOneThatLiesAboutItsSize() {
        try (LaneHarness harness = harness(limits(2, 0))) {
            Answer missing =
                    harness.send(slot -> {
                        input(slot, 1, 4);
                        slot.inputs[0].name = "other";
                    });
            Answer lying =
                    harness.send(slot -> {
                        input(slot, 1, 4);
                        slot.inputs[0].shape[1] = 1 << 20;
                    });
            Answer outside =
                    harness.send(slot -> {
                        input(slot, 1, 4);
                        slot.inputs[0].offset = 8000;
                    });
            assertThat(harness.await(missing).errorMessage).contains("INPUT__0");
            assertThat(harness.await(lying).status).isEqualTo(RequestStatus.INTERNAL);
            assertThat(harness.await(outside).status).isEqualTo(RequestStatus.INTERNAL);
            assertThat(harness.await(harness.send(slot -> input(slot, 1, 4))).floats(0))
                    .containsExactly(8);
        }
    }

    @Test
    void shouldLeaveInTheRingWhatItHasNoRoomForAndAnswerAll() {
        try (LaneHarness harness = harness(limits(3, 0))) {
            List<Answer> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                float value = i + 20;
                answers.add(harness.send(slot -> input(slot, 1, value)));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(harness.await(answers.get(i)).floats(0)).containsExactly(2 * (i + 20));
            }
            assertThat(harness.inFlight()).isZero();
        }
    }

    private static List<Long> rowsSeen(Answer answer) {
        List<Long> rows = new ArrayList<>();
        var payload =
                answer.replies.get(1).payload().duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN);
        while (payload.hasRemaining()) {
            rows.add(payload.getLong());
        }
        return rows;
    }
}

package dev.millrace.stages.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TensorRef;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class BatchHandlerTest {
    private final BatchHandler handler = new BatchHandler(8);
    private final RequestContext context = new RequestContext(0);
    private final RequestSlot slot =
            new RequestSlot(
                    new UnsafeBuffer(new byte[8]),
                    new UnsafeBuffer(new byte[8]),
                    new UnsafeBuffer(new byte[8]));

    private void begin(ModelKind kind, int lane, boolean batched) {
        context.reset(1, Route.KSERVE_INFER);
        context.stamps.begin(5_000);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.lane = lane;
        slot.rows = 1;
        context.model =
                new ModelEntry(
                        "m",
                        "1",
                        kind,
                        lane,
                        "test",
                        List.of(),
                        List.of(),
                        100,
                        100,
                        new ModelEntry.BatchLimits(batched, 4, 700, List.of()),
                        0,
                        "");
    }

    private void add(Datatype datatype, long... shape) {
        TensorRef tensor = slot.inputs[slot.inputCount++];
        tensor.datatype = datatype;
        tensor.rank = shape.length;
        System.arraycopy(shape, 0, tensor.shape, 0, shape.length);
        slot.rows = shape.length == 0 ? 1 : (int) shape[0];
    }

    private int key(int lane, Datatype datatype, long... shape) {
        begin(ModelKind.TENSOR, lane, true);
        add(datatype, shape);
        handler.onEvent(slot, 0, true);
        assertThat(context.status).isEqualTo(RequestStatus.OK);
        return slot.batchKey;
    }

    @Test
    void shouldGroupByLaneDatatypeAndAllDimensionsButRows() {
        int key = key(1, Datatype.FP32, 1, 3, 8);

        assertThat(key(1, Datatype.FP32, 4, 3, 8)).isEqualTo(key);
        Set<Integer> others =
                Set.of(
                        key(2, Datatype.FP32, 1, 3, 8),
                        key(1, Datatype.INT32, 1, 3, 8),
                        key(1, Datatype.FP32, 1, 8, 3),
                        key(1, Datatype.FP32, 1, 3, 8, 1),
                        key(1, Datatype.FP32, 1, 24));
        assertThat(others).hasSize(5).doesNotContain(key);
        assertThat(key(1, Datatype.FP32, 2, 3, 8)).isEqualTo(key);
    }

    @Test
    void shouldTellOneInputFromTwo() {
        begin(ModelKind.TENSOR, 1, true);
        add(Datatype.INT8, 1, 2);
        add(Datatype.INT8, 1, 3);
        handler.onEvent(slot, 0, true);
        int two = slot.batchKey;

        assertThat(key(1, Datatype.INT8, 1, 2)).isNotEqualTo(two);
        assertThat(key(1, Datatype.INT8, 1, 3)).isNotEqualTo(two);
    }

    @Test
    void shouldCountRowsAsShapeWhereTheModelDoesNotBatch() {
        begin(ModelKind.TENSOR, 1, false);
        add(Datatype.INT8, 2, 2);
        handler.onEvent(slot, 0, true);
        int twoByTwo = slot.batchKey;
        begin(ModelKind.TENSOR, 1, false);
        add(Datatype.INT8, 3, 2);
        handler.onEvent(slot, 0, true);

        assertThat(slot.batchKey).isNotEqualTo(twoByTwo);
    }

    @Test
    void shouldNeverGiveTwoShapesOneKeyHoweverManyThereAre() {
        Set<Integer> keys = new HashSet<>();
        for (int i = 1; i <= 1000; i++) {
            assertThat(keys.add(key(1, Datatype.FP32, 1, i))).as("shape %d", i).isTrue();
            assertThat(key(1, Datatype.FP32, 2, i)).isIn(keys);
        }
    }

    @Test
    void shouldKeyTextByLaneAndStampDueTimeFromArrival() {
        for (ModelKind kind : new ModelKind[] {ModelKind.GENERATE, ModelKind.EMBED}) {
            begin(kind, 6, true);
            slot.rows = 2048;
            handler.onEvent(slot, 0, true);
            assertThat(context.status).isEqualTo(RequestStatus.OK);
            assertThat(slot.batchKey).isEqualTo(6);
            assertThat(slot.dueNanos).isEqualTo(5_700);
        }
    }

    @Test
    void shouldRefuseRowsThatNoExecutionCanHold() {
        for (int rows : new int[] {0, 5}) {
            begin(ModelKind.TENSOR, 1, true);
            add(Datatype.INT8, rows, 1);
            handler.onEvent(slot, 0, true);
            assertThat(context.status).isEqualTo(RequestStatus.INVALID);
            assertThat(context.errorMessage).contains("1 to 4", "got " + rows);
        }
    }
}

package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;

/** What the catalog says of the model that {@link NullLane} runs: rows of four floats. */
public final class NullModel {
    public static final String NAME = "null";

    /** Bytes of a row. */
    public static final int ROW_BYTES = 16;

    static final String OUTPUT = "OUTPUT__0";
    private static final int MOST_ROWS = 1 << 16;

    private NullModel() {}

    /** The model, run by that lane. */
    public static ModelEntry entry(int lane) {
        List<Long> shape = List.of(-1L, (long) ROW_BYTES / Float.BYTES);
        return new ModelEntry(
                NAME,
                "1",
                ModelKind.TENSOR,
                lane,
                "null",
                List.of(new TensorSpec("INPUT__0", Datatype.FP32, shape)),
                List.of(new TensorSpec(OUTPUT, Datatype.FP32, shape)),
                0,
                0,
                new ModelEntry.BatchLimits(true, MOST_ROWS, 0, List.of()),
                0,
                "");
    }
}

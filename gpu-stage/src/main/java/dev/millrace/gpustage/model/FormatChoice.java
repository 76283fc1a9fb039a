package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.Datatype;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;
import org.bytedeco.pytorch.Tensor;

/**
 * Which format of weights is fastest on this machine: linear layers of a model's width, timed at
 * one row and at sixteen. Never int8, which changes answers too much to be chosen silently.
 *
 * <p>Runs on the loading thread, for a few hundred milliseconds. The layers together are larger
 * than any cache, as a model's are. A format that the processor lacks throws, and is not chosen.
 *
 * @param format the one with the least geometric mean of both times
 * @param measured all times, for the log
 */
public record FormatChoice(WeightFormat format, String measured) {
    private static final Set<WeightFormat> CANDIDATES =
            EnumSet.range(WeightFormat.FLOAT16, WeightFormat.FLOAT32);
    private static final int BATCH_ROWS = 16;
    private static final int REPEATS = 4;
    private static final long BYTES = 96L << 20;
    private static final int MOST_WIDTH = 4096;

    /** Measures for a residual stream of that width. */
    public static FormatChoice measure(int hidden) {
        int width = Math.min(hidden, MOST_WIDTH);
        WeightFormat best = WeightFormat.FLOAT32;
        double least = Double.POSITIVE_INFINITY;
        StringJoiner measured = new StringJoiner(", ");
        for (WeightFormat format : CANDIDATES) {
            try (ScriptModule module = layers(format, width)) {
                double one = bestMillis(module, width, 1);
                double batch = bestMillis(module, width, BATCH_ROWS);
                measured.add(String.format(Locale.ROOT, "%s %.1f/%.1f ms", format, one, batch));
                if (one * batch < least) {
                    least = one * batch;
                    best = format;
                }
            } catch (RuntimeException e) {
                measured.add(format + " unsupported");
            }
        }
        return new FormatChoice(best, measured.toString());
    }

    private static ScriptModule layers(WeightFormat format, int width) {
        ScriptModule module = ScriptModule.named("format_choice");
        try (MatrixPacker packer = new MatrixPacker(format, MatrixPacker.STEP_ROWS);
                TensorScope _ = TensorScope.open()) {
            int rows = 4 * width;
            long count = Math.max(1, BYTES / ((long) rows * width * Float.BYTES));
            List<Tensor> weights = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                weights.add(packed(packer, rows, width));
            }
            return packer.register(module)
                    .attribute("weights", weights)
                    .compile(FormatChoice.class, "linear.ts.py", "format_choice.ts.py");
        } catch (RuntimeException e) {
            module.close();
            throw e;
        }
    }

    private static Tensor packed(MatrixPacker packer, int rows, int width) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.passOn(packer.pack(NativeTensors.zeros(Datatype.FP32, rows, width)));
        }
    }

    private static double bestMillis(ScriptModule module, int width, int rows) {
        double best = Double.POSITIVE_INFINITY;
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            try (TensorScope _ = TensorScope.open()) {
                Tensor x = NativeTensors.zeros(Datatype.FP32, rows, width);
                long begun = System.nanoTime();
                module.forward(x);
                best = Math.min(best, (System.nanoTime() - begun) / 1e6);
            }
        }
        return best;
    }
}

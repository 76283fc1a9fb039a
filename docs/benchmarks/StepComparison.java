import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.Placement;
import dev.millrace.gpustage.model.StepBatch;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TorchDevice;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * Steps of a Llama whose single tokens attend in the script, over gathered pages, and by PagedAttention, in turn, one thread, by
 * the thread's CPU time; docs/engine-profile.md says how to run it.
 */
public final class StepComparison {
    private static final int TEXTS = 17;
    private static final int CONTEXT = 512;

    private StepComparison() {}

    /** Arguments: model folder, format, rounds, then steps: texts@position, and +tokens where a chunk of a prompt is in it. */
    public static void main(String[] args) {
        WeightFormat format = WeightFormat.valueOf(args[1].toUpperCase(Locale.ROOT));
        int rounds = Integer.parseInt(args[2]);
        LibTorch.start(1, 1);
        LibTorch.enterLaneThread(1);
        CacheLimits limits = CacheLimits.of(TEXTS + 1, CONTEXT);
        Path folder = Path.of(args[0]);
        try (StepModel gathering = LlamaModel.load(folder, limits, new Placement(TorchDevice.CPU, format, false));
                StepModel reading = LlamaModel.load(folder, limits, new Placement(TorchDevice.CPU, format, true))) {
            prompts(gathering);
            prompts(reading);
            for (String step : Arrays.copyOfRange(args, 3, args.length)) {
                compare(gathering, reading, step, rounds);
            }
        }
    }

    private static void compare(StepModel gathering, StepModel reading, String step, int rounds) {
        double[] gathered = new double[rounds];
        double[] read = new double[rounds];
        double[] ratios = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            // Whoever goes first finds the other's weights in the caches.
            if (i % 2 == 0) {
                gathered[i] = millis(gathering, step);
                read[i] = millis(reading, step);
            } else {
                read[i] = millis(reading, step);
                gathered[i] = millis(gathering, step);
            }
            ratios[i] = read[i] / gathered[i];
        }
        Arrays.sort(gathered);
        Arrays.sort(read);
        Arrays.sort(ratios);
        System.out.printf(
                "%s: gathered %.2f ms, read %.2f ms, ratio %.2f, its middle half %.2f to %.2f%n",
                step, gathered[rounds / 2], read[rounds / 2], ratios[rounds / 2], ratios[rounds / 4], ratios[3 * rounds / 4]);
    }

    /** Fills every text's blocks, or they would all be the system's one page of zeros. */
    private static void prompts(StepModel model) {
        try (StepBatch batch = StepBatch.of(model, CONTEXT, 1)) {
            for (int text = 0; text < TEXTS; text++) {
                batch.clear();
                add(batch, text, 0, CONTEXT);
                model.step(batch).close();
            }
        }
    }

    private static double millis(StepModel model, String step) {
        String[] parts = step.split("[@+]");
        int at = Integer.parseInt(parts[1]);
        try (StepBatch batch = StepBatch.of(model, CONTEXT, TEXTS)) {
            if (parts.length > 2) {
                add(batch, TEXTS - 1, at, Integer.parseInt(parts[2]));
            }
            for (int text = 0; text < Integer.parseInt(parts[0]); text++) {
                add(batch, text, at - 6 + text * 5 % 13, 1);
            }
            long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            model.step(batch).close();
            return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun) / 1e6;
        }
    }

    /** Blocks of all texts are interleaved, as a pool hands them out. */
    private static void add(StepBatch batch, int text, int start, int count) {
        batch.beginEntry(start, count);
        for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
            batch.addBlock(block * TEXTS + text);
        }
        for (int i = 0; i < count; i++) {
            batch.addToken(1 + (start + i) * 31 % 1000, i == count - 1);
        }
    }
}

package dev.millrace.tools.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code bench model} found.
 *
 * @param model name of the folder
 * @param promptTokens of each request
 * @param answerTokens of each request
 * @param engineThreads LibTorch's threads inside one operator
 * @param readBytesPerSecond what one thread of this machine reads
 * @param weightBytesPerStep what a step reads of the weights, whatever the number of streams
 * @param runs one for each number of streams
 */
record ModelBenchReport(
        String model,
        int promptTokens,
        int answerTokens,
        int engineThreads,
        double readBytesPerSecond,
        long weightBytesPerStep,
        List<Run> runs) {
    /**
     * One number of streams.
     *
     * @param load what was measured
     * @param bandwidthShare weight bytes over the time of the median step, as a part of what one
     *     thread reads
     */
    record Run(LoadResult load, double bandwidthShare) {}

    private static final String HEADINGS =
            "%8s %9s %10s %10s %10s %10s %9s %9s %9s %7s %7s"
                    .formatted(
                            "streams",
                            "tokens/s",
                            "first p50",
                            "first p99",
                            "inter p50",
                            "inter p99",
                            "step p50",
                            "step p99",
                            "tok/step",
                            "in step",
                            "of mem");

    static ModelBenchReport of(
            String model,
            int promptTokens,
            int answerTokens,
            int engineThreads,
            double readBytesPerSecond,
            long weightBytesPerStep,
            List<LoadResult> loads) {
        List<Run> runs = new ArrayList<>();
        for (LoadResult load : loads) {
            double bytesPerSecond = weightBytesPerStep / (load.stepMillis().p50() / 1e3);
            runs.add(new Run(load, bytesPerSecond / readBytesPerSecond));
        }
        return new ModelBenchReport(
                model,
                promptTokens,
                answerTokens,
                engineThreads,
                readBytesPerSecond,
                weightBytesPerStep,
                runs);
    }

    void print(PrintWriter out) {
        out.println(
                "%s: prompts of %d tokens, answers of %d, engine threads %d"
                        .formatted(model, promptTokens, answerTokens, engineThreads));
        out.println(
                "one thread reads %.1f GB/s; a step reads %.1f MB of weights"
                        .formatted(readBytesPerSecond / 1e9, weightBytesPerStep / 1e6));
        out.println("times in ms");
        out.println(HEADINGS);
        for (Run run : runs) {
            LoadResult load = run.load;
            out.println(
                    "%8d %9.1f %10.2f %10.2f %10.2f %10.2f %9.2f %9.2f %9.1f %6.1f%% %6.1f%%"
                            .formatted(
                                    load.concurrency(),
                                    load.tokensPerSecond(),
                                    load.firstTokenMillis().p50(),
                                    load.firstTokenMillis().p99(),
                                    load.interTokenMillis().p50(),
                                    load.interTokenMillis().p99(),
                                    load.stepMillis().p50(),
                                    load.stepMillis().p99(),
                                    load.tokensPerStep(),
                                    100 * load.stepShare(),
                                    100 * run.bandwidthShare));
        }
    }
}

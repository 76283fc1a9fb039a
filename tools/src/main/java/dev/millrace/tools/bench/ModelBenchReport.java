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
 * @param intruderTokens of the prompts sent meanwhile; 0 for none
 * @param engineThreads threads that compute a step
 * @param weights how the matrices are held
 * @param weightsMeasured what was measured to choose that; empty where it was asked for
 * @param readBytesPerSecond what one thread of this machine reads
 * @param weightBytesPerStep what a step reads of the weights, whatever the number of streams
 * @param runs one for each number of streams
 */
record ModelBenchReport(
        String model,
        int promptTokens,
        int answerTokens,
        int intruderTokens,
        int engineThreads,
        String weights,
        String weightsMeasured,
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

    private static final String STREAM_HEADINGS =
            "%8s %9s %9s %10s %10s %10s %10s %9s %12s"
                    .formatted(
                            "streams",
                            "tokens/s",
                            "prompt/s",
                            "first p50",
                            "first p99",
                            "inter p50",
                            "inter p99",
                            "intruders",
                            "intruder p50");

    private static final String STEP_HEADINGS =
            "%8s %9s %9s %9s %9s %9s %9s %9s %9s %8s %7s %7s"
                    .formatted(
                            "streams",
                            "step p50",
                            "step p99",
                            "tok/step",
                            "plan",
                            "model",
                            "sample",
                            "rest",
                            "outside",
                            "MB/step",
                            "in step",
                            "of mem");

    static ModelBenchReport of(
            String model,
            int promptTokens,
            int answerTokens,
            int intruderTokens,
            int engineThreads,
            String weights,
            String weightsMeasured,
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
                intruderTokens,
                engineThreads,
                weights,
                weightsMeasured,
                readBytesPerSecond,
                weightBytesPerStep,
                runs);
    }

    void print(PrintWriter out) {
        out.println(
                "%s: prompts of %d tokens, answers of %d, intruders of %d, engine threads %d"
                        .formatted(
                                model, promptTokens, answerTokens, intruderTokens, engineThreads));
        out.println(
                "weights %s%s; one thread reads %.1f GB/s"
                        .formatted(
                                weights,
                                weightsMeasured.isEmpty() ? "" : " (" + weightsMeasured + ")",
                                readBytesPerSecond / 1e9));
        out.println("times in ms; plan to rest are of the mean step, outside is all but the model");
        out.println(STREAM_HEADINGS);
        runs.forEach(run -> out.println(streamRow(run.load)));
        out.println(STEP_HEADINGS);
        runs.forEach(run -> out.println(stepRow(run)));
    }

    private static String streamRow(LoadResult load) {
        return "%8d %9.1f %9.1f %10.2f %10.2f %10.2f %10.2f %9d %12.2f"
                .formatted(
                        load.concurrency(),
                        load.tokensPerSecond(),
                        load.promptTokensPerSecond(),
                        load.firstTokenMillis().p50(),
                        load.firstTokenMillis().p99(),
                        load.interTokenMillis().p50(),
                        load.interTokenMillis().p99(),
                        load.intruders(),
                        load.intruderMillis().p50());
    }

    private String stepRow(Run run) {
        LoadResult load = run.load;
        StepBreakdown mean = load.breakdown();
        return "%8d %9.2f %9.2f %9.1f %9.3f %9.3f %9.3f %9.3f %8.2f%% %8.1f %6.1f%% %6.1f%%"
                .formatted(
                        load.concurrency(),
                        load.stepMillis().p50(),
                        load.stepMillis().p99(),
                        load.tokensPerStep(),
                        mean.planMillis(),
                        mean.modelMillis(),
                        mean.sampleMillis(),
                        mean.restMillis(),
                        100 * mean.outsideModelShare(),
                        weightBytesPerStep / 1e6,
                        100 * load.stepShare(),
                        100 * run.bandwidthShare);
    }
}

package dev.millrace.tools.replay;

import dev.millrace.journal.RequestIds;
import dev.millrace.tools.Printable;
import dev.millrace.tools.load.Percentiles;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/**
 * What a replay against a server found.
 *
 * @param server scheme, host and port
 * @param speed as given
 * @param recordedSeconds from the first request on record to the last
 * @param seconds from the first request to the end of the last answer
 * @param connections requests under way at once, at most
 * @param latenessMillis of the sender: from when a request was due to when it was sent
 * @param same whether every answer that can be compared is the same
 * @param models one for each model that was asked
 * @param notComparable requests by the reason for which they were not compared
 * @param differences the first of them
 */
record AgainstReport(
        String server,
        String speed,
        double recordedSeconds,
        double seconds,
        int connections,
        Percentiles latenessMillis,
        boolean same,
        List<Model> models,
        Map<String, Integer> notComparable,
        List<Difference> differences) {
    /**
     * The requests of one model.
     *
     * @param sent requests
     * @param answered whole answers, refusals included
     * @param sameStatus answers with the recorded status
     * @param compared answers that can be compared
     * @param sameAnswer those that are the same
     * @param textUnknown those whose text could not be compared, their counts alone
     * @param maxDifference largest between two numbers of vectors or tensors
     * @param recorded times on record, of requests answered whole both times
     * @param replayed times of the same requests
     */
    record Model(
            String model,
            int sent,
            int answered,
            int sameStatus,
            int compared,
            int sameAnswer,
            int textUnknown,
            double maxDifference,
            Times recorded,
            Times replayed) {}

    /**
     * Latencies.
     *
     * @param latencyMillis to the end of the answer
     * @param firstTokenMillis to the first text of a stream
     */
    record Times(Percentiles latencyMillis, Percentiles firstTokenMillis) {}

    /** One answer that is another. */
    record Difference(String request, String model, String what) {
        static Difference of(PastRequest request, String what) {
            return new Difference(RequestIds.hex(request.requestId()), request.model(), what);
        }
    }

    int sent() {
        return models.stream().mapToInt(Model::sent).sum();
    }

    private int different() {
        return models.stream().mapToInt(model -> model.compared() - model.sameAnswer()).sum();
    }

    void print(PrintWriter out) {
        out.println(
                "%d requests of %.1f s sent to %s at speed %s in %.1f s, at most %d at once"
                        .formatted(sent(), recordedSeconds, server, speed, seconds, connections));
        out.println(TimesTable.HEADINGS);
        out.println(TimesTable.row("sender", "late", latenessMillis));
        models.forEach(model -> print(out, model));
        notComparable.forEach(
                (reason, count) -> out.println("not compared: %d, %s".formatted(count, reason)));
        differences.forEach(difference ->
                out.println(
                        "different: %s, %s: %s"
                                .formatted(
                                        difference.request(),
                                        Printable.text(difference.model()),
                                        Printable.text(difference.what()).replace("\n", "\\n"))));
        if (different() > differences.size()) {
            out.println("different: %d more".formatted(different() - differences.size()));
        }
    }

    private static void print(PrintWriter out, Model model) {
        out.println(
                "%s: %d sent, %d answered, %d same status; %d compared, %d same"
                        .formatted(
                                model.model().isEmpty()
                                        ? "(no model)"
                                        : Printable.text(model.model()),
                                model.sent(),
                                model.answered(),
                                model.sameStatus(),
                                model.compared(),
                                model.sameAnswer()));
        if (model.textUnknown() > 0) {
            out.println(
                    "  %d of them by status, finish reason and token counts alone: their text"
                            .formatted(model.textUnknown()));
            out.println("  takes the model's tokenizer (--models DIR)");
        }
        if (model.maxDifference() > 0) {
            out.println("  numbers differ by up to %.3g".formatted(model.maxDifference()));
        }
        out.println(TimesTable.row("latency", "recorded", model.recorded().latencyMillis()));
        out.println(TimesTable.row("", "replayed", model.replayed().latencyMillis()));
        if (model.recorded().firstTokenMillis().p99() > 0) {
            out.println(
                    TimesTable.row("first token", "recorded", model.recorded().firstTokenMillis()));
            out.println(TimesTable.row("", "replayed", model.replayed().firstTokenMillis()));
        }
    }
}

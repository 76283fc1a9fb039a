package dev.millrace.tools.replay;

import dev.millrace.ringbuffer.Route;
import dev.millrace.tools.load.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Recorded generations as a trace.
 *
 * @param lines by time of arrival, the first at 0
 * @param leftOut requests that became no line, by reason
 */
record TraceExport(List<TraceLine> lines, Map<String, Integer> leftOut) {
    private static final String NO_TOKENIZER =
            "prompt not to be had (--models DIR with the recorded model)";
    private static final String NO_TOKENS = "without a generated token";
    private static final String NO_GENERATION = "not for text";

    static TraceExport of(RecordedTraffic traffic, int blockTokens) {
        int longest =
                traffic.requests().stream()
                        .mapToInt(request -> request.outgoing().body().remaining())
                        .max()
                        .orElse(0);
        var blocks = new TraceBlocks(blockTokens);
        var lines = new ArrayList<TraceLine>();
        var leftOut = new TreeMap<String, Integer>();
        try (var prompts = new RecordedPrompts(longest)) {
            long first = -1;
            for (PastRequest request : traffic.requests()) {
                String reason = reason(request);
                RecordedPrompts.Prompts of = reason.isEmpty() ? prompts.of(request) : null;
                if (of == null) {
                    leftOut.merge(reason.isEmpty() ? NO_TOKENIZER : reason, 1, Integer::sum);
                    continue;
                }
                long offset = request.outgoing().offsetNanos();
                first = first < 0 ? offset : first;
                add(request, of, (offset - first) / 1_000_000, blocks, lines);
            }
        }
        return new TraceExport(lines, leftOut);
    }

    private static String reason(PastRequest request) {
        Route route = request.outgoing().route();
        if (route != Route.OPENAI_COMPLETIONS && route != Route.OPENAI_CHAT) {
            return NO_GENERATION;
        }
        return request.answer().choices().values().stream().allMatch(TraceExport::empty)
                ? NO_TOKENS
                : "";
    }

    private static boolean empty(Answer.Choice choice) {
        return choice.ids() == null || choice.ids().isEmpty();
    }

    private static void add(
            PastRequest request,
            RecordedPrompts.Prompts prompts,
            long millis,
            TraceBlocks blocks,
            List<TraceLine> into) {
        request.answer()
                .choices()
                .forEach((index, choice) -> {
                    List<Integer> ids = choice.ids();
                    int prompt = index / prompts.choices();
                    if (ids == null || ids.isEmpty() || prompt >= prompts.ids().size()) {
                        return;
                    }
                    int[] tokens = prompts.ids().get(prompt);
                    into.add(
                            new TraceLine(
                                    millis,
                                    tokens.length,
                                    ids.size(),
                                    blocks.of(
                                            request.model(),
                                            request.callerId(),
                                            prompts.salt(),
                                            tokens)));
                });
    }
}

package dev.millrace.tools.replay;

import java.util.Map;
import java.util.Objects;

/** Two answers to one request, held beside each other. */
final class Comparison {
    private Comparison() {}

    /** The verdict on a request that was replayed. */
    static Verdict of(RecordedRequest request) {
        return of(request, request.replayed);
    }

    /** The verdict on a request that was, or should have been, answered so. */
    static Verdict of(RecordedRequest request, AnswerBits other) {
        String difference = difference(request, other);
        if (!difference.isEmpty()) {
            String why = request.note.isEmpty() ? "" : "; " + request.note;
            return verdict(request, Outcome.DIVERGED, difference + why);
        }
        String logits = logits(request, other);
        return logits.isEmpty()
                ? verdict(request, Outcome.EXACT, "")
                : verdict(request, Outcome.TOKENS_EQUAL, logits);
    }

    /** The verdict on a request that could not be replayed. */
    static Verdict notComparable(RecordedRequest request, String why) {
        return verdict(request, Outcome.NOT_COMPARABLE, why);
    }

    private static Verdict verdict(RecordedRequest request, Outcome outcome, String detail) {
        return new Verdict(
                request.requestId,
                request.clientRequestId,
                request.model,
                request.caller,
                outcome,
                !request.recorded.ended,
                detail,
                outcome == Outcome.DIVERGED ? request.divergence : null);
    }

    private static String difference(RecordedRequest request, AnswerBits replayed) {
        AnswerBits recorded = request.recorded;
        if (request.divergence != null) {
            return request.divergence.toString();
        }
        for (Map.Entry<Integer, AnswerBits.Text> text : recorded.texts.entrySet()) {
            String part =
                    part(
                            "run " + text.getKey(),
                            text.getValue(),
                            replayed.text(text.getKey()),
                            recorded.ended);
            if (!part.isEmpty()) {
                return part;
            }
        }
        for (Map.Entry<Integer, AnswerBits.Text> prompt : recorded.prompts.entrySet()) {
            AnswerBits.Text other =
                    replayed.prompts.getOrDefault(prompt.getKey(), new AnswerBits.Text());
            if (recorded.ended && prompt.getValue().logprobs != other.logprobs) {
                return "log probabilities of prompt " + prompt.getKey() + " differ";
            }
        }
        for (Map.Entry<Integer, String> tensor : recorded.tensors.entrySet()) {
            String other = replayed.tensors.getOrDefault(tensor.getKey(), "nothing");
            if (!tensor.getValue().equals(other)) {
                return "output %d: recorded %s got %s"
                        .formatted(tensor.getKey(), tensor.getValue(), other);
            }
        }
        return ends(recorded, replayed);
    }

    private static String ends(AnswerBits recorded, AnswerBits replayed) {
        if (!recorded.ended) {
            return "";
        }
        if (!Objects.equals(recorded.failure, replayed.failure)) {
            return "recorded %s got %s".formatted(end(recorded), end(replayed));
        }
        boolean same =
                replayed.ended
                        && recorded.texts.keySet().equals(replayed.texts.keySet())
                        && recorded.tensors.keySet().equals(replayed.tensors.keySet());
        return same ? "" : "recorded %s got %s".formatted(end(recorded), end(replayed));
    }

    private static String end(AnswerBits answer) {
        if (answer.failure != null) {
            return '"' + answer.failure + '"';
        }
        int outputs = answer.texts.size() + answer.tensors.size();
        return answer.ended ? "an answer of " + outputs : "no end of its answer";
    }

    private static String part(
            String name, AnswerBits.Text recorded, AnswerBits.Text replayed, boolean whole) {
        int both = Math.min(recorded.ids.size(), replayed.ids.size());
        for (int i = 0; i < both; i++) {
            if (recorded.ids.getInt(i) != replayed.ids.getInt(i)) {
                return "%s, token %d: recorded %d got %d"
                        .formatted(name, i, recorded.ids.getInt(i), replayed.ids.getInt(i));
            }
        }
        if (replayed.ids.size() < recorded.ids.size()
                || (whole && replayed.ids.size() != recorded.ids.size())) {
            return "%s: recorded %d tokens got %d"
                    .formatted(name, recorded.ids.size(), replayed.ids.size());
        }
        if (!whole) {
            return "";
        }
        if (recorded.finish != replayed.finish
                || recorded.hiddenTokens != replayed.hiddenTokens
                || recorded.hiddenBytes != replayed.hiddenBytes) {
            return "%s: recorded finish %s got %s"
                    .formatted(name, recorded.finish, replayed.finish);
        }
        return "";
    }

    /** Where the tokens are the same: whether the bits that they came from are. */
    private static String logits(RecordedRequest request, AnswerBits other) {
        if (!request.logitsPart.isEmpty()) {
            return request.logitsPart;
        }
        for (Map.Entry<Integer, AnswerBits.Text> text : request.recorded.texts.entrySet()) {
            AnswerBits.Text recorded = text.getValue();
            AnswerBits.Text replayed = other.text(text.getKey());
            int both = Math.min(recorded.digests.size(), replayed.digests.size());
            for (int i = 0; i < both; i++) {
                if (recorded.digests.getInt(i) != replayed.digests.getInt(i)) {
                    return "logits part at token %d of run %d".formatted(i, text.getKey());
                }
            }
            if (request.recorded.ended && recorded.logprobs != replayed.logprobs) {
                return "log probabilities of run " + text.getKey() + " part";
            }
        }
        return "";
    }
}

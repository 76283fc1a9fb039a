package dev.millrace.tools.replay;

import dev.millrace.tools.load.Answer;
import dev.millrace.tools.load.Exchange;
import dev.millrace.tools.load.TensorValues;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares answers with what is on record, by what both sides have: status, finish reason, token
 * counts, ids where the request asked for them, else text; numbers of vectors and tensors. Any
 * thread.
 *
 * @param tolerance largest difference of two numbers that still counts as none
 */
record AnswerComparison(double tolerance) {
    private static final int QUOTED = 24;

    /** The verdict on one request. */
    AnswerVerdict compare(Exchange<PastRequest> exchange) {
        PastRequest request = exchange.request();
        Answer recorded = request.answer();
        Answer came = exchange.answer();
        if (request.end() == PastRequest.End.UNFINISHED) {
            return AnswerVerdict.notComparable("no end on record");
        }
        if (request.end() == PastRequest.End.CANCELLED || exchange.cancelled()) {
            return AnswerVerdict.notComparable("cancelled");
        }
        if (!came.came()) {
            return AnswerVerdict.different("no whole answer: " + came.problem());
        }
        if (came.status() != recorded.status()) {
            String said = came.problem().isEmpty() ? "" : ": " + came.problem();
            return AnswerVerdict.different(
                    "status: recorded %d, got %d%s"
                            .formatted(recorded.status(), came.status(), said));
        }
        if (came.status() != Answer.OK) {
            return AnswerVerdict.SAME;
        }
        if (request.fields().unseeded()) {
            return AnswerVerdict.notComparable("sampled without a seed");
        }
        return switch (request.outgoing().route()) {
            case OPENAI_COMPLETIONS, OPENAI_CHAT -> texts(recorded, came, request.fields().echo());
            case OPENAI_EMBEDDINGS -> vectors(recorded.tensors(), came.tensors());
            case KSERVE_INFER -> tensors(recorded.tensors(), came.tensors());
        };
    }

    private static AnswerVerdict texts(Answer recorded, Answer came, boolean echo) {
        if (!came.choices().keySet().equals(recorded.choices().keySet())) {
            return AnswerVerdict.different(
                    "choices: recorded %s, got %s"
                            .formatted(recorded.choices().keySet(), came.choices().keySet()));
        }
        boolean unknown = false;
        for (Map.Entry<Integer, Answer.Choice> entry : recorded.choices().entrySet()) {
            Answer.Choice then = entry.getValue();
            Answer.Choice now = came.choices().get(entry.getKey());
            String difference = now == null ? "missing" : choice(then, now, echo);
            if (!difference.isEmpty()) {
                return AnswerVerdict.different(
                        "choice %d: %s".formatted(entry.getKey(), difference));
            }
            unknown |= then.text() == null && (now == null || now.ids() == null);
        }
        String usage = usage(recorded.usage(), came.usage());
        return usage.isEmpty()
                ? new AnswerVerdict(AnswerVerdict.Kind.SAME, "", 0, unknown)
                : AnswerVerdict.different(usage);
    }

    private static String choice(Answer.Choice then, Answer.Choice now, boolean echo) {
        List<Integer> recordedIds = then.ids();
        List<Integer> ids = now.ids();
        if (recordedIds != null && ids != null) {
            int at = parting(recordedIds, ids);
            if (at >= 0) {
                return "token %d: recorded %s, got %s"
                        .formatted(at, shown(recordedIds, at), shown(ids, at));
            }
        }
        String recordedText = then.text();
        String text = now.text();
        if (recordedText != null && text != null) {
            // With the prompt in front, which is on record as the client wrote it.
            String answered =
                    echo && text.endsWith(recordedText)
                            ? text.substring(text.length() - recordedText.length())
                            : text;
            if (!answered.equals(recordedText)) {
                return text(recordedText, answered);
            }
        }
        return then.finish().isEmpty()
                        || now.finish().isEmpty()
                        || then.finish().equals(now.finish())
                ? ""
                : "finish reason: recorded %s, got %s".formatted(then.finish(), now.finish());
    }

    private static String usage(Answer.@Nullable Usage then, Answer.@Nullable Usage now) {
        if (then == null || now == null) {
            return "";
        }
        if (then.prompt() != now.prompt()) {
            return "prompt tokens: recorded %d, got %d".formatted(then.prompt(), now.prompt());
        }
        return then.completion() == now.completion()
                ? ""
                : "completion tokens: recorded %d, got %d"
                        .formatted(then.completion(), now.completion());
    }

    private static int parting(List<Integer> a, List<Integer> b) {
        int common = Math.min(a.size(), b.size());
        for (int i = 0; i < common; i++) {
            if (!a.get(i).equals(b.get(i))) {
                return i;
            }
        }
        return a.size() == b.size() ? -1 : common;
    }

    private static String shown(List<Integer> ids, int at) {
        return at < ids.size() ? ids.get(at).toString() : "the end";
    }

    private static String text(String then, String now) {
        int at = 0;
        while (at < Math.min(then.length(), now.length()) && then.charAt(at) == now.charAt(at)) {
            at++;
        }
        return "text from character %d: recorded \"%s\", got \"%s\""
                .formatted(at, quoted(then, at), quoted(now, at));
    }

    private static String quoted(String text, int from) {
        return text.length() - from <= QUOTED
                ? text.substring(from)
                : text.substring(from, from + QUOTED) + "…";
    }

    private AnswerVerdict vectors(List<Answer.Tensor> recorded, List<Answer.Tensor> came) {
        if (recorded.size() != came.size()) {
            return AnswerVerdict.different(
                    "vectors: recorded %d, got %d".formatted(recorded.size(), came.size()));
        }
        double most = 0;
        for (int i = 0; i < recorded.size(); i++) {
            AnswerVerdict verdict = tensor("vector " + i, recorded.get(i), came.get(i));
            if (verdict.kind() != AnswerVerdict.Kind.SAME) {
                return verdict;
            }
            most = Math.max(most, verdict.maxDifference());
        }
        return new AnswerVerdict(AnswerVerdict.Kind.SAME, "", most, false);
    }

    /** A request may ask for some of the outputs: all are on record. */
    private AnswerVerdict tensors(List<Answer.Tensor> recorded, List<Answer.Tensor> came) {
        if (came.isEmpty() && !recorded.isEmpty()) {
            return AnswerVerdict.different(
                    "outputs: recorded %d, got none".formatted(recorded.size()));
        }
        double most = 0;
        for (Answer.Tensor now : came) {
            Answer.Tensor then =
                    recorded.stream()
                            .filter(tensor -> tensor.name().equals(now.name()))
                            .findFirst()
                            .orElse(null);
            if (then == null) {
                return AnswerVerdict.different(
                        "output '%s' is not on record".formatted(now.name()));
            }
            AnswerVerdict verdict = tensor("output '" + now.name() + "'", then, now);
            if (verdict.kind() != AnswerVerdict.Kind.SAME) {
                return verdict;
            }
            most = Math.max(most, verdict.maxDifference());
        }
        return new AnswerVerdict(AnswerVerdict.Kind.SAME, "", most, false);
    }

    private AnswerVerdict tensor(String name, Answer.Tensor then, Answer.Tensor now) {
        if (then.datatype() != now.datatype()) {
            return AnswerVerdict.different(
                    "%s: recorded %s, got %s".formatted(name, then.datatype(), now.datatype()));
        }
        if (then.sha256().equals(now.sha256())) {
            return AnswerVerdict.SAME;
        }
        ByteBuffer recorded = then.bytes();
        ByteBuffer bytes = now.bytes();
        if (recorded == null || bytes == null) {
            return AnswerVerdict.different(
                    name + ": other numbers; only their digest is on record");
        }
        if (recorded.remaining() != bytes.remaining()) {
            return AnswerVerdict.different(
                    "%s: recorded %d bytes, got %d"
                            .formatted(name, recorded.remaining(), bytes.remaining()));
        }
        double most = TensorValues.maxDifference(then.datatype(), recorded, bytes);
        return new AnswerVerdict(
                most <= tolerance ? AnswerVerdict.Kind.SAME : AnswerVerdict.Kind.DIFFERENT,
                most <= tolerance
                        ? ""
                        : String.format(
                                Locale.ROOT, "%s: numbers differ by up to %.3g", name, most),
                most,
                false);
    }
}

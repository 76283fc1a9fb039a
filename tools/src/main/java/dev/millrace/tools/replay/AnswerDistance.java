package dev.millrace.tools.replay;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How far the answer of another policy or model is from the one on record. */
final class AnswerDistance {
    /** Vectors that are nearer to each other are the same in other bits. */
    private static final double SAME_DIRECTION = 1e-6;

    private final RecordedRequest request;
    private final Spelling spelling;
    private final Vectors.@Nullable Distance vectors;
    private final boolean cut;
    private int texts;
    private int first = -1;
    private long edits;
    private long longer;
    private int recordedTokens;
    private int replayedTokens;
    private boolean sameDigests = true;
    private String finish = "";

    AnswerDistance(RecordedRequest request, Spelling spelling, Vectors.@Nullable Distance vectors) {
        this.request = request;
        this.spelling = spelling;
        this.vectors = vectors;
        cut = cut(request.recorded) || cut(request.replayed);
    }

    /** What a client left, or what has no end, was not answered in full. */
    private static boolean cut(AnswerBits answer) {
        return !answer.ended || (answer.failure != null && answer.failure.startsWith("499 "));
    }

    /** Compares. */
    Compared compare(
            @Nullable Timing recorded, @Nullable Timing baseline, @Nullable Timing replayed) {
        for (Map.Entry<Integer, AnswerBits.Text> text : request.recorded.texts.entrySet()) {
            compare(text.getValue(), request.replayed.text(text.getKey()));
        }
        String detail = detail();
        double distance = longer == 0 ? 0 : (double) edits / longer;
        return new Compared(
                request,
                outcome(detail),
                detail,
                cut,
                texts,
                first,
                distance,
                recordedTokens,
                replayedTokens,
                vectors,
                recorded,
                baseline,
                replayed);
    }

    private void compare(AnswerBits.Text recorded, AnswerBits.Text replayed) {
        int[] one = spelling.recorded(recorded);
        int[] other = spelling.replayed(replayed);
        if (cut) {
            int both = Math.min(one.length, other.length);
            one = Arrays.copyOf(one, both);
            other = Arrays.copyOf(other, both);
        } else if (recorded.finish != replayed.finish) {
            finish = "recorded finish %s got %s".formatted(recorded.finish, replayed.finish);
        }
        texts++;
        recordedTokens += one.length;
        replayedTokens += other.length;
        longer += Math.max(one.length, other.length);
        int parts = Arrays.mismatch(one, other);
        if (parts >= 0) {
            first = first < 0 ? parts : Math.min(first, parts);
            edits += EditDistance.of(one, other);
        }
        int digests = Math.min(recorded.digests.size(), replayed.digests.size());
        sameDigests &= spelling.same();
        for (int i = 0; i < digests && sameDigests; i++) {
            sameDigests = recorded.digests.getInt(i) == replayed.digests.getInt(i);
        }
    }

    private String detail() {
        if (!cut && !Objects.equals(request.recorded.failure, request.replayed.failure)) {
            return "recorded %s got %s".formatted(end(request.recorded), end(request.replayed));
        }
        if (first >= 0) {
            return "%s %d differs".formatted(spelling.same() ? "token" : "character", first);
        }
        if (!finish.isEmpty()) {
            return finish;
        }
        if (cut || request.recorded.tensors.equals(request.replayed.tensors)) {
            return "";
        }
        if (vectors == null) {
            return "outputs are of another kind";
        }
        return vectors.cosine() <= SAME_DIRECTION
                ? ""
                : "cosine distance %.3g, largest difference %.3g"
                        .formatted(vectors.cosine(), vectors.largest());
    }

    private Outcome outcome(String detail) {
        if (!detail.isEmpty()) {
            return Outcome.DIVERGED;
        }
        boolean sameTensors = cut || request.recorded.tensors.equals(request.replayed.tensors);
        return sameDigests && sameTensors ? Outcome.EXACT : Outcome.TOKENS_EQUAL;
    }

    private static String end(AnswerBits answer) {
        return answer.failure == null ? "an answer" : '"' + answer.failure + '"';
    }
}

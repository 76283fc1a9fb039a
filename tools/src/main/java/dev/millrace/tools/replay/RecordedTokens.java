package dev.millrace.tools.replay;

import dev.millrace.gpustage.lane.TokenWitness;
import dev.millrace.ringbuffer.TokenBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Compares each token that a lane samples with the one on record, and has the lane go on with that
 * one: so one difference does not become many, and whoever shares a step with a text that parts is
 * still computed beside the text that it was computed beside.
 *
 * <p>Owned by the replaying thread.
 */
final class RecordedTokens implements TokenWitness {
    private final Map<Long, RecordedRequest> requests;
    private final TokenBytes text;
    private final int vocabularySize;
    private final TokenFault fault;
    private long step;

    RecordedTokens(
            Map<Long, RecordedRequest> requests,
            TokenBytes text,
            int vocabularySize,
            TokenFault fault) {
        this.requests = requests;
        this.text = text;
        this.vocabularySize = vocabularySize;
        this.fault = fault;
    }

    /** The lane's turn from here on. */
    void step(long number) {
        step = number;
    }

    @Override
    public int sampled(
            long requestId,
            int run,
            int index,
            int sampled,
            int digest,
            MemorySegment logits,
            long offsetBytes) {
        int token = fault.instead(requestId, run, index, sampled);
        RecordedRequest request = requests.get(requestId);
        if (request == null || request.choosesBest) {
            return token;
        }
        AnswerBits.Text recorded = request.recorded.texts.get(run);
        if (recorded == null || index >= recorded.ids.size()) {
            return token;
        }
        if (index < recorded.digests.size()
                && recorded.digests.getInt(index) != digest
                && request.logitsPart.isEmpty()) {
            request.logitsPart =
                    "logits part at step %d, token %d%s"
                            .formatted(step, index, run == 0 ? "" : " of run " + run);
        }
        int expected = recorded.ids.getInt(index);
        if (token != expected && request.divergence == null) {
            request.divergence =
                    new Divergence(
                            step,
                            run,
                            index,
                            choice(expected, logits, offsetBytes),
                            choice(token, logits, offsetBytes));
        }
        return expected;
    }

    private Divergence.Choice choice(int id, MemorySegment logits, long offsetBytes) {
        if (id < 0 || id >= vocabularySize) {
            return new Divergence.Choice(id, "", Double.NaN);
        }
        String added = new String(text.nameOf(id), StandardCharsets.UTF_8);
        String quoted = '"' + added.replace("\\", "\\\\").replace("\n", "\\n") + '"';
        return new Divergence.Choice(id, quoted, logprob(id, logits, offsetBytes));
    }

    private double logprob(int id, MemorySegment logits, long offsetBytes) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabularySize; i++) {
            largest = Math.max(largest, logit(i, logits, offsetBytes));
        }
        double sum = 0;
        for (int i = 0; i < vocabularySize; i++) {
            sum += Math.exp(logit(i, logits, offsetBytes) - largest);
        }
        return logit(id, logits, offsetBytes) - largest - Math.log(sum);
    }

    private static double logit(int id, MemorySegment logits, long offsetBytes) {
        return logits.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offsetBytes + 4L * id);
    }
}

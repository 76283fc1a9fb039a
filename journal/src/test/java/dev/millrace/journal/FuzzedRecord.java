package dev.millrace.journal;

import dev.millrace.ringbuffer.LaneTurn;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;

/** Asks a sound record for everything that its type can say. */
final class FuzzedRecord {
    private FuzzedRecord() {}

    static void readAll(JournalRecord record) {
        long bytes = 0;
        if (record.type().output()) {
            OutputRecord output = OutputRecord.of(record);
            bytes += length(output.model()) + length(output.modelVersion());
        }
        bytes +=
                switch (record.type()) {
                    case ENVIRONMENT -> environment(EnvironmentRecord.of(record));
                    case INGRESS -> ingress(IngressRecord.of(record));
                    case CANCEL -> record.partBytes();
                    case GAP -> Math.min(0, GapRecord.of(record).records());
                    case STEP -> {
                        LaneTurn turn = new LaneTurn();
                        StepRecord.of(record).copyTo(turn);
                        encodedAgain(record, turn);
                        yield 12L * turn.eventCount() + 24L * turn.entryCount();
                    }
                    case DECISION -> decision(DecisionRecord.of(record));
                    case OUTPUT_TOKENS -> tokens(TokensRecord.of(record));
                    case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> tensor(TensorRecord.of(record));
                    case OUTPUT_FAILURE -> {
                        FailureRecord failure = FailureRecord.of(record);
                        yield length(failure.message())
                                + length(failure.param())
                                + length(failure.status());
                    }
                };
        // A view never says more than there is; a broken byte becomes one char of three bytes.
        if (bytes > 3L * record.partBytes() + 64) {
            throw new IllegalStateException(bytes + " bytes out of " + record.partBytes());
        }
    }

    /** What an excerpt writes of a turn of which nothing is left out. */
    private static void encodedAgain(JournalRecord record, LaneTurn turn) {
        var part = new ExpandableArrayBuffer();
        int bytes = StepRecord.encode(turn, part);
        byte[] again = new byte[bytes];
        part.getBytes(0, again);
        if (!Arrays.equals(again, record.copy(JournalRecord.HEADER_BYTES, record.partBytes()))) {
            throw new IllegalStateException("STEP becomes another when it is written again");
        }
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    private static long environment(EnvironmentRecord environment) {
        environment.models();
        environment.engineThreads();
        environment.differences(Run.ENVIRONMENT);
        return 0;
    }

    private static long ingress(IngressRecord ingress) {
        ingress.route();
        byte[] body = ingress.bodyStored() ? ingress.body() : ingress.bodySha256();
        return body.length
                + length(ingress.head())
                + length(ingress.clientRequestId())
                + length(ingress.traceparent())
                + length(ingress.pathModel())
                + length(ingress.pathVersion());
    }

    private static long decision(DecisionRecord decision) {
        decision.outcome();
        return length(decision.model())
                + length(decision.modelVersion())
                + length(decision.message())
                + length(decision.param());
    }

    private static long tokens(TokensRecord tokens) {
        tokens.finish();
        for (int i = 0; i < tokens.count() && tokens.idsStored(); i++) {
            tokens.id(i);
            if (tokens.hasDigests()) {
                tokens.digest(i);
            }
            if (tokens.topLogprobs() >= 0) {
                tokens.rank(i);
                tokens.logprob(i);
            }
            for (int place = 0; place < tokens.topLogprobs(); place++) {
                tokens.topId(i, place);
                tokens.topLogprob(i, place);
            }
        }
        return tokens.idsStored() ? 4L * tokens.count() : 0;
    }

    private static long tensor(TensorRecord tensor) {
        tensor.datatype();
        byte[] payload = tensor.payload();
        return (payload == null ? 0 : payload.length)
                + tensor.sha256().length
                + 8L * tensor.shape().length
                + length(tensor.name());
    }
}

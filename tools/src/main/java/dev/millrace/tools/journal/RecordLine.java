package dev.millrace.tools.journal;

import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.FailureRecord;
import dev.millrace.journal.GapRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TensorRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.tools.Printable;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.StringJoiner;

/** Records for people, one line each. */
final class RecordLine {
    private static final int DIGEST_CHARS = 12;

    private static final String DIGEST_ONLY = " (digest only)";

    private RecordLine() {}

    /** Index, time, type, request, and what it says in short. */
    static String of(JournalRecord record) {
        String request = record.type().ofRequest() ? RequestIds.hex(record.requestId()) : "";
        return "%6d  %s  %-16s %16s  %s"
                .formatted(
                        record.recordIndex(),
                        time(record.wallNanos()),
                        record.type().name().toLowerCase(Locale.ROOT),
                        request,
                        Printable.text(summary(record)).replace('\n', ' '));
    }

    /** UTC, to the microsecond. */
    static String time(long wallNanos) {
        Instant instant = Instant.ofEpochSecond(0, wallNanos);
        return "%tFT%<tT.%06dZ"
                .formatted(
                        instant.atZone(ZoneOffset.UTC),
                        Math.floorMod(wallNanos, 1_000_000_000L) / 1000);
    }

    static String summary(JournalRecord record) {
        return switch (record.type()) {
            case ENVIRONMENT -> environment(EnvironmentRecord.of(record));
            case INGRESS -> ingress(IngressRecord.of(record));
            case CANCEL -> "the client went away";
            case STEP -> step(StepRecord.of(record));
            case GAP -> gap(GapRecord.of(record));
            case DECISION -> decision(DecisionRecord.of(record));
            case OUTPUT_TOKENS -> tokens(TokensRecord.of(record)) + used(record);
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> tensor(TensorRecord.of(record)) + used(record);
            case OUTPUT_FAILURE -> failure(FailureRecord.of(record));
        };
    }

    private static String gap(GapRecord gap) {
        return "%d records could not be written, their requests were %s"
                .formatted(gap.records(), gap.served() ? "served" : "refused");
    }

    private static String environment(EnvironmentRecord environment) {
        StringJoiner models = new StringJoiner(", ");
        environment.models().forEach(model -> models.add(model.name() + ":" + model.version()));
        return "build %s, LibTorch %s, %s, %d engine threads, models: %s"
                .formatted(
                        environment.build(),
                        environment.engine(),
                        environment.device(),
                        environment.engineThreads(),
                        models);
    }

    private static String ingress(IngressRecord ingress) {
        String line = ingress.head().lines().findFirst().orElse(ingress.route().path());
        String named = ingress.clientRequestId();
        return "%s, %d bytes%s%s"
                .formatted(
                        line,
                        ingress.bodyBytes(),
                        ingress.bodyStored() ? "" : DIGEST_ONLY,
                        named.isEmpty() ? "" : ", x-request-id " + named);
    }

    private static String step(StepRecord step) {
        var line = new StringBuilder();
        line.append("lane ").append(step.lane()).append(" turn ").append(step.number());
        for (int i = 0; i < step.eventCount(); i++) {
            line.append(", ")
                    .append(step.event(i).name().toLowerCase(Locale.ROOT).replace('_', ' '))
                    .append(' ')
                    .append(RequestIds.hex(step.eventRequest(i)));
        }
        for (int i = 0; i < step.entryCount(); i++) {
            line.append(i == 0 ? ": " : ", ").append(StepWords.entry(step, i));
        }
        return line.toString();
    }

    private static String decision(DecisionRecord decision) {
        if (!decision.admitted()) {
            String param = decision.param() == null ? "" : " (" + decision.param() + ")";
            return "refused, %d %s%s: %s"
                    .formatted(
                            decision.outcome().httpStatus(),
                            decision.outcome().name(),
                            param,
                            decision.message());
        }
        return "admitted, %s:%s on lane %d, %d prompt tokens, %d runs of at most %d, seed %d"
                        .formatted(
                                decision.model(),
                                decision.modelVersion(),
                                decision.lane(),
                                decision.promptTokens(),
                                decision.runs(),
                                decision.maxTokens(),
                                decision.seed())
                + repeats(decision);
    }

    private static String repeats(DecisionRecord decision) {
        if (decision.repeats() == 0) {
            return "";
        }
        String how = decision.lane() == Lane.RECORDED ? ", read from the record" : "";
        return ", the answer of " + RequestIds.hex(decision.repeats()) + how;
    }

    private static String tokens(TokensRecord tokens) {
        String line = ids(tokens) + (tokens.topLogprobs() < 0 ? "" : ", log probabilities");
        return tokens.finish() == FinishReason.NONE
                ? line
                : line + ", finish " + tokens.finish().name().toLowerCase(Locale.ROOT);
    }

    private static String ids(TokensRecord tokens) {
        if (!tokens.idsStored()) {
            byte[] sha256 = tokens.runSha256();
            return "%d ids%s%s"
                    .formatted(
                            tokens.count(),
                            DIGEST_ONLY,
                            sha256 == null ? "" : ", sha256 of all " + shortened(sha256));
        }
        StringJoiner ids = new StringJoiner(" ", tokens.prompt() ? "prompt ids " : "ids ", "");
        for (int i = 0; i < tokens.count(); i++) {
            ids.add(String.valueOf(tokens.id(i)));
        }
        return ids.toString();
    }

    private static String shortened(byte[] sha256) {
        return HexFormat.of().formatHex(sha256).substring(0, DIGEST_CHARS) + "…";
    }

    private static String tensor(TensorRecord tensor) {
        String name = tensor.name().isEmpty() ? "" : tensor.name() + " ";
        return "%s%s %s, %d bytes%s, sha256 %s"
                .formatted(
                        name,
                        tensor.datatype(),
                        Arrays.toString(tensor.shape()),
                        tensor.payloadBytes(),
                        tensor.payload() == null ? DIGEST_ONLY : "",
                        shortened(tensor.sha256()));
    }

    private static String failure(FailureRecord failure) {
        return "%d %s: %s".formatted(failure.httpStatus(), failure.status(), failure.message());
    }

    private static String used(JournalRecord record) {
        OutputRecord output = OutputRecord.of(record);
        String run = output.index() == 0 ? "" : " [" + output.index() + "]";
        return record.last()
                ? "%s, last, %s, %d + %d tokens"
                        .formatted(
                                run,
                                output.model(),
                                output.promptTokens(),
                                output.completionTokens())
                : run;
    }
}

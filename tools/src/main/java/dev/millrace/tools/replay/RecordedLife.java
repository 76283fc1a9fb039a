package dev.millrace.tools.replay;

import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.FailureRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.TensorRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.reply.RunText;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.tools.journal.RecordedTexts;
import dev.millrace.tools.load.Answer;
import dev.millrace.tools.load.Outgoing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/** One request as its records are read, in their order. One thread. */
final class RecordedLife {
    private final @Nullable EnvironmentRecord environment;
    private final long requestId;
    private final long callerId;
    private final Route route;
    private final String path;
    private final List<Outgoing.Header> headers;
    private final byte[] body;
    private final BodyFields fields;
    private final long arrivalClockNanos;
    private final long scheduleNanos;
    private final @Nullable String pathModel;

    private final Map<Integer, Run> runs = new TreeMap<>();
    private final Map<Integer, Answer.Tensor> tensors = new TreeMap<>();
    private PastRequest.End end = PastRequest.End.UNFINISHED;
    private @Nullable String model;
    private Answer.@Nullable Usage usage;
    private @Nullable Answer failure;
    private long firstTokenNanos = -1;
    private long latencyNanos = -1;
    private long cancelNanos = -1;

    /** One choice. */
    private static final class Run {
        final IntArrayList ids = new IntArrayList();
        int hiddenBytes;
        FinishReason finish = FinishReason.NONE;
    }

    /**
     * @param environment of its run; null where it is not on record
     * @param scheduleNanos of its arrival, on a clock that goes on across runs
     */
    RecordedLife(
            JournalRecord record, @Nullable EnvironmentRecord environment, long scheduleNanos) {
        this.environment = environment;
        IngressRecord ingress = IngressRecord.of(record);
        requestId = record.requestId();
        callerId = ingress.callerId();
        route = ingress.route();
        path = RecordedHead.path(ingress);
        headers = RecordedHead.headers(ingress);
        body = ingress.body();
        fields = BodyFields.of(route, body);
        arrivalClockNanos = ingress.arrivalClockNanos();
        pathModel = ingress.pathModel();
        this.scheduleNanos = scheduleNanos;
    }

    long scheduleNanos() {
        return scheduleNanos;
    }

    /** Takes a later record of the same request. */
    void accept(JournalRecord record) {
        long sinceArrival = record.clockNanos() - arrivalClockNanos;
        switch (record.type()) {
            case CANCEL -> cancelNanos = Math.max(0, sinceArrival);
            case OUTPUT_TOKENS -> tokens(TokensRecord.of(record), record, sinceArrival);
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> tensor(record);
            case OUTPUT_FAILURE -> failure(FailureRecord.of(record));
            default -> {
                // Nothing of what a client sent or received.
            }
        }
        if (record.last()) {
            last(OutputRecord.of(record), sinceArrival);
        }
    }

    private void tokens(TokensRecord tokens, JournalRecord record, long sinceArrival) {
        if (tokens.prompt()) {
            return;
        }
        Run run = runs.computeIfAbsent(OutputRecord.of(record).index(), any -> new Run());
        for (int i = 0; i < tokens.count(); i++) {
            run.ids.addInt(tokens.id(i));
        }
        if (firstTokenNanos < 0 && tokens.count() > 0) {
            firstTokenNanos = sinceArrival;
        }
        run.hiddenBytes += tokens.hiddenBytes();
        if (tokens.finish() != FinishReason.NONE) {
            run.finish = tokens.finish();
        }
    }

    private void tensor(JournalRecord record) {
        TensorRecord tensor = TensorRecord.of(record);
        byte[] payload = tensor.payload();
        tensors.put(
                OutputRecord.of(record).index(),
                new Answer.Tensor(
                        tensor.name(),
                        tensor.datatype(),
                        payload == null ? null : ByteBuffer.wrap(payload),
                        ByteBuffer.wrap(tensor.sha256())));
    }

    private void failure(FailureRecord record) {
        failure = Answer.failed(record.httpStatus(), record.message());
        if (record.cancelled()) {
            end = PastRequest.End.CANCELLED;
        }
    }

    private void last(OutputRecord output, long sinceArrival) {
        boolean cutOff = runs.values().stream().anyMatch(r -> r.finish == FinishReason.CANCELLED);
        boolean cancelled = cutOff || end == PastRequest.End.CANCELLED;
        end = cancelled ? PastRequest.End.CANCELLED : PastRequest.End.ANSWERED;
        if (cancelled && cancelNanos < 0) {
            // The disconnect itself found no room on record.
            cancelNanos = Math.max(0, sinceArrival);
        }
        latencyNanos = sinceArrival;
        model = output.model();
        usage = new Answer.Usage(output.promptTokens(), output.completionTokens(), 0);
    }

    /** Bytes that it holds, roughly. */
    long bytes() {
        long bytes = 1024L + body.length;
        for (Run run : runs.values()) {
            // Ids, and their text.
            bytes += 16L * run.ids.size();
        }
        for (Answer.Tensor tensor : tensors.values()) {
            ByteBuffer payload = tensor.bytes();
            bytes += payload == null ? 0 : payload.remaining();
        }
        return bytes;
    }

    /**
     * @param firstNanos where the schedule begins
     * @param texts of models, for the text of choices
     */
    PastRequest end(long firstNanos, RecordedTexts texts) {
        String name = name();
        Map<Integer, Answer.Choice> choices = new TreeMap<>();
        TextModel text = runs.isEmpty() ? null : texts.find(environment, name);
        TokenBytes tokenBytes = text == null ? null : text.tokenBytes();
        runs.forEach((index, run) -> choices.put(index, choice(run, tokenBytes)));
        Answer refusal = end == PastRequest.End.ANSWERED ? failure : null;
        Answer answer =
                refusal == null
                        ? new Answer(
                                status(), choices, usage, new ArrayList<>(tensors.values()), "")
                        : refusal;
        return new PastRequest(
                requestId,
                callerId,
                new Outgoing(
                        route,
                        scheduleNanos - firstNanos,
                        path,
                        headers,
                        ByteBuffer.wrap(body),
                        cancelNanos),
                name,
                text,
                fields,
                end,
                answer,
                firstTokenNanos,
                latencyNanos);
    }

    private int status() {
        return switch (end) {
            case ANSWERED -> Answer.OK;
            case CANCELLED -> RequestStatus.CANCELLED.httpStatus();
            case UNFINISHED -> 0;
        };
    }

    private String name() {
        if (model != null) {
            return model;
        }
        return pathModel == null ? fields.model() : pathModel;
    }

    private static Answer.Choice choice(Run run, @Nullable TokenBytes tokenBytes) {
        String finish =
                switch (run.finish) {
                    case STOP -> "stop";
                    case LENGTH -> "length";
                    case CANCELLED, NONE -> "";
                };
        String text = tokenBytes == null ? null : RunText.of(tokenBytes, run.ids, run.hiddenBytes);
        return new Answer.Choice(text, run.ids, finish);
    }
}

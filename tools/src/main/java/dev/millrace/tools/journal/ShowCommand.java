package dev.millrace.tools.journal;

import dev.millrace.config.LogConfig;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.RequestIds;
import dev.millrace.journal.StepRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.tools.Printable;
import dev.millrace.tools.serve.Logging;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code journal show}: the whole life of one request. */
@Command(
        name = "show",
        description =
                "Prints the whole life of one request: body, decision, steps, outputs, times.",
        mixinStandardHelpOptions = true)
final class ShowCommand extends JournalCommand.Reading {
    private static final int SHOWN_BODY_BYTES = 4096;

    @Parameters(
            arity = "1..2",
            paramLabel = "[REQUEST] DIR",
            description = {
                "request id in hex, a response id (cmpl-…), or the client's x-request-id;",
                "then the folder of the journal"
            })
    private List<String> words = List.of();

    @Option(names = "--request-id", paramLabel = "X", description = "the client's x-request-id")
    private @Nullable String requestId;

    @Option(
            names = "--trace-id",
            paramLabel = "T",
            description = "every request with that trace id in its traceparent")
    private @Nullable String traceId;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = {
                "folder with the recorded models, for the text of tokens; where they lay then if",
                "not given"
            })
    private @Nullable Path models;

    @Option(names = "--all", description = "print the body whole, however long")
    private boolean all;

    private Predicate<JournalRecord> meant = _ -> false;
    private SpelledTokens spelled = new SpelledTokens(null);

    /** Every request that matched; more than one may share an x-request-id. */
    private final Map<Long, RequestTimes> requests = new LinkedHashMap<>();

    @Override
    int read() {
        int named = (requestId == null ? 0 : 1) + (traceId == null ? 0 : 1) + words.size() - 1;
        if (named != 1) {
            return fail(
                    JournalCommand.UNUSABLE,
                    "show takes a journal and one of: a request, --request-id X, --trace-id T");
        }
        meant = meant();
        // Tokenizers log; standard output is the record's.
        Logging.configure(LogConfig.defaults());
        Path folder = Path.of(words.getLast());
        try (var texts = new RecordedTexts(models);
                JournalReader reader = JournalReader.open(folder)) {
            spelled = new SpelledTokens(texts);
            while (reader.next()) {
                see(reader.record());
            }
            requests.values().forEach(this::print);
            int end = end(reader.damage());
            return !requests.isEmpty() || end != JournalCommand.OK
                    ? end
                    : fail(JournalCommand.FOUND_WANTING, said() + " is not in " + folder);
        }
    }

    private void see(JournalRecord record) {
        if (record.type() == RecordType.ENVIRONMENT) {
            spelled.see(record);
        }
        if (begins(record)) {
            requests.put(record.requestId(), new RequestTimes(record));
        }
        if (record.type() == RecordType.STEP) {
            step(record);
        } else if (record.type().ofRequest()) {
            RequestTimes times = requests.get(record.requestId());
            if (times != null) {
                spelled.see(record);
                times.see(record);
                print(record, times);
            }
        }
    }

    private String said() {
        if (requestId != null) {
            return "x-request-id " + requestId;
        }
        return traceId != null ? "trace " + traceId : "request " + words.getFirst();
    }

    /** Whether an ingress is the one that is asked for. */
    private Predicate<JournalRecord> meant() {
        if (requestId != null) {
            return record -> IngressRecord.of(record).clientRequestId().equals(requestId);
        }
        if (traceId != null) {
            String middle = "-" + traceId.toLowerCase(Locale.ROOT) + "-";
            return record -> IngressRecord.of(record).traceparent().contains(middle);
        }
        String name = words.getFirst();
        return record ->
                RequestIds.matches(
                        name, record.requestId(), IngressRecord.of(record).clientRequestId());
    }

    /** An answer to a request that could not be put on record has no ingress before it. */
    private boolean begins(JournalRecord record) {
        if (record.type() == RecordType.INGRESS) {
            return meant.test(record);
        }
        return requestId == null
                && traceId == null
                && record.type().ofRequest()
                && !requests.containsKey(record.requestId())
                && RequestIds.parse(words.getFirst()).equals(OptionalLong.of(record.requestId()));
    }

    private void step(JournalRecord record) {
        StepRecord step = StepRecord.of(record);
        RequestTimes first = null;
        for (RequestTimes times : requests.values()) {
            if (times.step(record, step) && first == null) {
                first = times;
            }
        }
        if (first != null) {
            print(record, first);
        }
    }

    private void print(RequestTimes times) {
        if (json) {
            print(times.json());
        } else {
            out().println(times.line());
        }
    }

    private void print(JournalRecord record, RequestTimes times) {
        if (json) {
            print(spelled.json(record));
            return;
        }
        if (record.type() == RecordType.INGRESS) {
            ingress(record);
            return;
        }
        out().println(
                        "%+9.3f ms  %s  %s"
                                .formatted(
                                        times.since(record) / 1e6,
                                        name(record),
                                        Printable.text(RecordLine.summary(record))));
        if (record.type() == RecordType.OUTPUT_TOKENS) {
            TokensRecord tokens = TokensRecord.of(record);
            if (tokens.idsStored()) {
                each(record, tokens);
            }
        }
    }

    /** Id, text, log probability and digest of each token. */
    private void each(JournalRecord record, TokensRecord tokens) {
        for (int i = 0; i < tokens.count(); i++) {
            String logprob =
                    tokens.topLogprobs() < 0
                            ? ""
                            : ", log probability %.4f, rank %d"
                                    .formatted(tokens.logprob(i), tokens.rank(i));
            String digest =
                    tokens.hasDigests()
                            ? ", digest " + HexFormat.of().toHexDigits(tokens.digest(i))
                            : "";
            out().println(
                            " ".repeat(25)
                                    + "id "
                                    + tokens.id(i)
                                    + spelled.text(record, tokens.id(i))
                                    + logprob
                                    + digest);
        }
    }

    private static String name(JournalRecord record) {
        return switch (record.type()) {
            case OUTPUT_TOKENS -> "tokens   ";
            case OUTPUT_EMBEDDING -> "embedding";
            case OUTPUT_TENSOR -> "tensor   ";
            case OUTPUT_FAILURE -> "failure  ";
            case DECISION -> "decision ";
            case STEP -> "step     ";
            default -> "cancel   ";
        };
    }

    private void ingress(JournalRecord record) {
        IngressRecord ingress = IngressRecord.of(record);
        out().println("request      " + RequestIds.hex(record.requestId()));
        if (!ingress.clientRequestId().isEmpty()) {
            out().println("x-request-id " + Printable.text(ingress.clientRequestId()));
        }
        if (!ingress.traceparent().isEmpty()) {
            out().println("traceparent  " + Printable.text(ingress.traceparent()));
        }
        out().println("arrived      " + RecordLine.time(ingress.arrivalWallNanos()));
        out().println("caller       " + RequestIds.hex(ingress.callerId()));
        out().println();
        out().println(Printable.text(ingress.head()).stripTrailing());
        out().println();
        if (ingress.bodyStored()) {
            body(ingress.body());
        } else {
            out().println(
                            "body of %d bytes not stored (journal.store: hash), sha256 %s"
                                    .formatted(
                                            ingress.bodyBytes(),
                                            HexFormat.of().formatHex(ingress.bodySha256())));
        }
        out().println();
        out().println(
                        "%+9.3f ms  on record"
                                .formatted(
                                        (record.clockNanos() - ingress.arrivalClockNanos()) / 1e6));
    }

    private void body(byte[] body) {
        String text = Printable.utf8(body);
        int limit = all ? Integer.MAX_VALUE : SHOWN_BODY_BYTES;
        if (text == null) {
            out().print(Printable.hexDump(body, limit));
        } else if (text.length() <= limit) {
            out().println(Printable.text(text));
        } else {
            out().println(Printable.text(text.substring(0, limit)));
            out().println("… " + (text.length() - limit) + " characters more (--all)");
        }
    }
}

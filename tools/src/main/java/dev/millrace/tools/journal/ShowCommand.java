package dev.millrace.tools.journal;

import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.RequestIds;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code journal show}: the whole life of one request. */
@Command(
        name = "show",
        description = "Prints the whole life of one request: head, body, outputs, timings.",
        mixinStandardHelpOptions = true)
final class ShowCommand extends JournalCommand.Reading {
    private static final int SHOWN_BODY_BYTES = 4096;

    @Parameters(
            index = "0",
            paramLabel = "REQUEST",
            description = "request id in hex, a response id (cmpl-…), or the client's x-request-id")
    private String request = "";

    @Parameters(index = "1", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Option(names = "--all", description = "print the body whole, however long")
    private boolean all;

    /** Arrival by id of every request that matched; more than one may share an x-request-id. */
    private final Map<Long, Long> arrivalNanos = new HashMap<>();

    @Override
    int read() {
        try (JournalReader reader = JournalReader.open(folder)) {
            boolean found = false;
            while (reader.next()) {
                if (matches(reader.record())) {
                    found = true;
                    print(reader.record());
                }
            }
            int end = end(reader.damage());
            return found || end != JournalCommand.OK
                    ? end
                    : fail(
                            JournalCommand.FOUND_WANTING,
                            "request " + request + " is not in " + folder);
        }
    }

    private boolean matches(JournalRecord record) {
        if (record.type() == RecordType.INGRESS) {
            IngressRecord ingress = IngressRecord.of(record);
            if (RequestIds.matches(request, record.requestId(), ingress.clientRequestId())) {
                arrivalNanos.put(record.requestId(), ingress.arrivalClockNanos());
                return true;
            }
        }
        return record.type().ofRequest()
                && (arrivalNanos.containsKey(record.requestId())
                        || RequestIds.parse(request).equals(OptionalLong.of(record.requestId())));
    }

    private void print(JournalRecord record) {
        if (json) {
            print(RecordJson.of(record));
            return;
        }
        if (record.type() == RecordType.INGRESS) {
            ingress(record);
            return;
        }
        Long arrival = arrivalNanos.get(record.requestId());
        String since =
                arrival == null
                        ? "        ?"
                        : "%+9.3f".formatted((record.clockNanos() - arrival) / 1e6);
        out().println(
                        "%s ms  %s  %s"
                                .formatted(
                                        since,
                                        name(record),
                                        Printable.text(RecordLine.summary(record))));
    }

    private static String name(JournalRecord record) {
        return switch (record.type()) {
            case OUTPUT_TOKENS -> "tokens   ";
            case OUTPUT_EMBEDDING -> "embedding";
            case OUTPUT_TENSOR -> "tensor   ";
            case OUTPUT_FAILURE -> "failure  ";
            case DECISION -> "decision ";
            default -> "cancel   ";
        };
    }

    private void ingress(JournalRecord record) {
        IngressRecord ingress = IngressRecord.of(record);
        out().println("request      " + RequestIds.hex(record.requestId()));
        out().println("x-request-id " + Printable.text(ingress.clientRequestId()));
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

package dev.millrace.tools.journal;

import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalVerifier;
import dev.millrace.journal.PruneNote;
import dev.millrace.tools.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code journal verify}: is it whole, and is every answer in it that a client received? */
@Command(
        name = "verify",
        description = "Checks every record, their chain, and that every answer is there, whole.",
        mixinStandardHelpOptions = true)
final class VerifyCommand extends JournalCommand.Reading {
    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Option(
            names = "--expect",
            paramLabel = "FILE",
            description = {
                "a request a line whose answer a client received:",
                "id in hex, response id, or x-request-id"
            })
    private @Nullable Path expect;

    @Option(
            names = "--head",
            paramLabel = "HEX",
            description = {
                "the head that an earlier verify printed:",
                "a record with it must be there, or something was cut off behind it"
            })
    private @Nullable String head;

    @Override
    int read() {
        if (head != null && !head.matches("[0-9a-fA-F]{64}")) {
            return fail(
                    JournalCommand.UNUSABLE, "--head " + head + " is not a head: 64 hex digits");
        }
        List<String> expected;
        try {
            expected = expect == null ? List.of() : names(expect);
        } catch (IOException e) {
            return fail(JournalCommand.UNUSABLE, "--expect " + expect + " cannot be read: " + e);
        }
        JournalVerifier.Report report =
                JournalVerifier.verify(
                        folder, expected, head == null ? null : HexFormat.of().parseHex(head));
        if (json) {
            ObjectNode node = RecordJson.MAPPER.valueToTree(report);
            node.set("damage", RecordJson.damage(report.damage()));
            var torn = node.putArray("torn");
            report.torn().forEach(end -> torn.add(RecordJson.damage(end)));
            node.put("sound", report.sound());
            print((JsonNode) node);
        } else {
            print(report);
        }
        return verdict(report);
    }

    private static List<String> names(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    private void print(JournalVerifier.Report report) {
        line(
                "%d records of %d runs, %d bytes"
                        .formatted(report.records(), report.runs(), report.bytes()));
        line(
                "%d requests: %d answered, %d refused, %d cancelled, %d unfinished"
                        .formatted(
                                report.requests(),
                                report.answered(),
                                report.refused(),
                                report.cancelled(),
                                report.unfinished()));
        if (report.beginning() == JournalReader.Beginning.MISSING) {
            line("begins behind records that are not here: " + beginning(report));
        }
        PruneNote pruned = report.pruned();
        if (pruned != null) {
            line(
                    "begins behind pruned records: %d files of %d bytes, the last of %s"
                            .formatted(
                                    pruned.files(),
                                    pruned.bytes(),
                                    Instant.ofEpochSecond(0, pruned.untilNanos())));
        }
        report.torn()
                .forEach(end ->
                        line(
                                "torn by a power cut, and what was written there is lost: %s"
                                        .formatted(end)));
        if (report.gaps() > 0) {
            line(
                    "%d records were not written, in %d gaps"
                            .formatted(report.unwritten(), report.gaps()));
        }
        line("head %s".formatted(report.head()));
        if (report.expected() > 0) {
            line(
                    "%d answers expected, %d there"
                            .formatted(
                                    report.expected(),
                                    report.expected() - report.missing().size()));
        }
        report.missing().forEach(name -> line("missing: %s".formatted(Printable.text(name))));
        report.problems().forEach(problem -> line("problem: %s".formatted(problem)));
        if (report.sound()) {
            line("sound");
        }
    }

    private static String beginning(JournalVerifier.Report report) {
        return "its first record is number " + report.firstRecord() + " of its run";
    }

    private int verdict(JournalVerifier.Report report) {
        if (report.damage() != null) {
            return end(report.damage());
        }
        if (report.problemCount() > 0) {
            return fail(
                    JournalCommand.FOUND_WANTING,
                    report.problemCount() + " records are out of order");
        }
        if (report.beginning() == JournalReader.Beginning.MISSING) {
            return fail(
                    JournalCommand.FOUND_WANTING,
                    "the beginning is missing, and nothing says that it was pruned: "
                            + beginning(report));
        }
        if (!report.headFound()) {
            return fail(
                    JournalCommand.FOUND_WANTING,
                    "no record has the head " + head + ": records were cut off or changed");
        }
        if (report.served() > 0) {
            return fail(
                    JournalCommand.FOUND_WANTING,
                    report.served() + " records could not be written, and were acted on");
        }
        return report.missing().isEmpty()
                ? JournalCommand.OK
                : fail(
                        JournalCommand.FOUND_WANTING,
                        report.missing().size() + " expected answers are missing");
    }
}

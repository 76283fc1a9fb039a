package dev.millrace.tools.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JournalConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.Journal;
import dev.millrace.journal.RequestIds;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TokenLogprobs;
import dev.millrace.tools.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** What the command prints and how it exits. */
class JournalCommandTest {
    @TempDir Path parent;

    private Path folder = Path.of("");
    private String id = "";
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return new CommandLine(new JournalCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @BeforeEach
    void writeAJournal() throws Exception {
        writeAJournal(JournalConfig.Store.FULL);
    }

    private void writeAJournal(JournalConfig.Store store) throws Exception {
        folder = parent.resolve("journal-" + store);
        var config =
                new JournalConfig(
                        true,
                        folder.toString(),
                        JournalConfig.RollCycle.HOURLY,
                        1 << 20,
                        1024,
                        store,
                        JournalConfig.Durability.PAGE_CACHE,
                        JournalConfig.OnFailure.REFUSE);
        var environment = EnvironmentRecord.builder().put("build", "0.1.0").build();
        try (Rings rings = new Rings(new RingConfig(8, 512, 2, 4096, 8, 256, 8), 0xBEEF);
                Journal journal =
                        Journal.open(
                                config,
                                4096,
                                () -> environment,
                                rings.counters(),
                                System::nanoTime)) {
            RequestContext context = new RequestContext(0);
            context.reset(rings.requestPublisher().nextRequestId(), Route.OPENAI_COMPLETIONS);
            context.clientRequestId = "mine";
            context.stamps.begin(System.nanoTime());
            id = RequestIds.hex(context.requestId);
            long sequence = rings.requestPublisher().tryClaim();
            RequestSlot slot = rings.requestPublisher().slot(sequence);
            slot.reset(RequestSlot.Kind.REQUEST, context);
            put(slot.head.buffer(), "POST /v1/completions HTTP/1.1\r\nx-a: b\r\n");
            slot.head.length(39);
            slot.body.length(put(slot.body.buffer(), "{\"prompt\":\"caf\u00e9 \u001b[31m\"}"));
            context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            journal.requestHandler().onEvent(slot, sequence, true);
            slot.lane = 0;
            journal.decisionHandler().onEvent(slot, sequence, true);
            var turn = new LaneTurn();
            turn.begin(0, 0, System.nanoTime(), false);
            turn.event(LaneTurn.Event.TAKEN, context.requestId);
            turn.entry(context.requestId, 0, 0, 5, 0);
            turn.entry(0xF00, 0, 31, 1, 0);
            journal.turnJournal().append(turn);
            sequence =
                    rings.replyPublisher()
                            .open(ReplySlot.Kind.TOKENS, context, TokenLogprobs.bytes(2, 1));
            ReplySlot reply = rings.replyPublisher().slot(sequence);
            reply.payload.buffer().putInt(0, 17, ByteOrder.LITTLE_ENDIAN);
            reply.payload.buffer().putInt(4, 4, ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 2; i++) {
                int entry = TokenLogprobs.entry(2, 1, i);
                TokenLogprobs.put(reply.payload.buffer(), entry, -0.5f, 2);
                TokenLogprobs.putTop(reply.payload.buffer(), entry, 0, 9 - 10 * i, -0.25f);
            }
            reply.topLogprobs = 1;
            reply.count = 2;
            reply.finish = FinishReason.LENGTH;
            reply.last = true;
            journal.replyHandler().onEvent(reply, sequence, true);
        }
    }

    private static int put(MutableDirectBuffer to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        to.putBytes(0, bytes);
        return bytes.length;
    }

    @Test
    void shouldPrintTheLastRecords() {
        assertThat(millrace("tail", "-n", "2", folder.toString())).isZero();
        assertThat(out.toString().lines().toList())
                .hasSize(2)
                .satisfiesExactly(
                        line -> assertThat(line).contains("step", "lane 0 turn 0, taken " + id),
                        line -> assertThat(line).contains("output_tokens", "ids 17 4"));
        assertThat(millrace("tail", "--json", folder.toString())).isZero();
        assertThat(out.toString().lines().map(RecordJson.MAPPER::readTree))
                .extracting(node -> node.get("type").asString())
                .containsExactly("environment", "ingress", "decision", "step", "output_tokens");
    }

    @Test
    void shouldShowTheWholeLifeOfARequestByAnyOfItsNames() {
        for (String name : List.of("mine", id, "cmpl-" + id)) {
            assertThat(millrace("show", name, folder.toString())).isZero();
            assertThat(out.toString())
                    .contains(
                            "request      " + id,
                            "x-a: b",
                            "café",
                            "decision   admitted",
                            "step       lane 0 turn 0, taken " + id + ": " + id + " prompt 0 to 4",
                            "0000000000000f00 decode 31",
                            "ids 17 4, log probabilities, finish length",
                            "id 17, log probability -0.5000, rank 2",
                            "times        queue ",
                            " first token ",
                            " ms, 1 steps")
                    // Nothing that a terminal would obey.
                    .contains("\\u001b[31m")
                    .doesNotContain("\u001b");
        }
        assertThat(millrace("show", "--json", "mine", folder.toString())).isZero();
        JsonNode ingress = RecordJson.MAPPER.readTree(out.toString().lines().toList().getFirst());
        assertThat(ingress.get("client_request_id").asString()).isEqualTo("mine");
        assertThat(ingress.get("body").asString()).startsWith("{\"prompt\":\"café");
        JsonNode tokens = RecordJson.MAPPER.readTree(out.toString().lines().toList().get(3));
        assertThat(tokens.get("logprobs").toString())
                .isEqualTo(
                        "[{\"logprob\":-0.5,\"rank\":2,\"top\":[{\"id\":9,\"logprob\":-0.25}]},"
                                + "{\"logprob\":-0.5,\"rank\":2,\"top\":[]}]");
    }

    @Test
    void shouldSayWhatIsOnRecordAsADigestAlone() throws Exception {
        writeAJournal(JournalConfig.Store.HASH);
        assertThat(millrace("show", "mine", folder.toString())).isZero();
        assertThat(out.toString())
                .containsPattern("body of 24 bytes not stored .*, sha256 [0-9a-f]{64}")
                .containsPattern("2 ids \\(digest only\\), sha256 of all [0-9a-f]{12}…, log prob")
                .doesNotContain("caf");
        assertThat(millrace("tail", folder.toString())).isZero();
        assertThat(out.toString()).contains("24 bytes (digest only)").doesNotContain("ids 17");
        assertThat(millrace("tail", "--json", folder.toString())).isZero();
        List<JsonNode> records = out.toString().lines().map(RecordJson.MAPPER::readTree).toList();
        assertThat(records.get(1).get("body_sha256").asString()).hasSize(64);
        assertThat(records.get(1).has("body")).isFalse();
        assertThat(records.get(4).get("ids_sha256").asString()).hasSize(64);
        assertThat(records.get(4).has("ids")).isFalse();
        assertThat(millrace("stats", folder.toString())).isZero();
        assertThat(out.toString()).contains("hashed     3 records", "bodies     24 bytes");
        assertThat(millrace("verify", folder.toString())).isZero();
    }

    @Test
    void shouldShowARequestByTheClientsNameOrByItsTrace() {
        assertThat(millrace("show", "--request-id", "mine", folder.toString())).isZero();
        assertThat(out.toString()).contains("request      " + id);
        String trace = "0AF7651916cd43dd8448eb211c80319c";
        assertThat(millrace("show", "--json", "--trace-id", trace, folder.toString())).isZero();
        JsonNode times = RecordJson.MAPPER.readTree(out.toString().lines().toList().getLast());
        assertThat(times.get("type").asString()).isEqualTo("times");
        assertThat(times.get("steps").asInt()).isEqualTo(1);
        assertThat(times.get("between_steps_nanos").isNull()).isTrue();
        assertThat(times.get("first_token_nanos").asLong())
                .isGreaterThan(times.get("queue_nanos").asLong());

        assertThat(millrace("show", "--request-id", id, folder.toString()))
                .isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(err.toString()).contains("x-request-id " + id + " is not in");
        assertThat(millrace("show", "--trace-id", "b7ad", folder.toString()))
                .isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(millrace("show", folder.toString())).isEqualTo(JournalCommand.UNUSABLE);
        assertThat(millrace("show", "--request-id", "mine", "mine", folder.toString()))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("show takes a journal and one of");
    }

    @Test
    void shouldExportRecordsOfATypeAndATimeAsJsonLines() throws IOException {
        assertThat(millrace("export", "--jsonl", folder.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(5);
        Path file = parent.resolve("steps.jsonl");
        assertThat(
                        millrace(
                                "export",
                                "--type",
                                "step,decision",
                                "--out",
                                file.toString(),
                                folder.toString()))
                .isZero();
        assertThat(out.toString()).isEmpty();
        assertThat(Files.readAllLines(file).stream().map(RecordJson.MAPPER::readTree))
                .extracting(node -> node.get("type").asString())
                .containsExactly("decision", "step");
        assertThat(millrace("export", "--from", "3600", folder.toString())).isZero();
        assertThat(out.toString()).isEmpty();
        assertThat(millrace("export", "--to", "2099-01-01T00:00:00Z", folder.toString())).isZero();
        assertThat(out.toString().lines()).hasSize(5);

        assertThat(millrace("export", "--type", "steps", folder.toString()))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--type", "steps", "environment, ingress");
        assertThat(millrace("export", "--to", "noon", folder.toString()))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--to", "noon", "seconds since");
        assertThat(millrace("export", "--out", parent.toString(), folder.toString()))
                .isEqualTo(JournalCommand.UNUSABLE);
    }

    @Test
    void shouldSayThatNothingWasRunningWhereEveryRequestHasItsLastWord() {
        assertThat(millrace("postmortem", folder.toString())).isZero();
        assertThat(out.toString())
                .contains("lane 0", "nothing was running; turn 0 was its last")
                .contains("nothing was running: every request has its last word");
        assertThat(millrace("postmortem", "--json", folder.toString())).isZero();
        JsonNode report = RecordJson.MAPPER.readTree(out.toString());
        assertThat(report.get("at_rest").asBoolean()).isTrue();
        assertThat(report.get("lanes").get(0).get("running").asBoolean()).isFalse();
        assertThat(report.get("lanes").get(0).get("entries").size()).isZero();
    }

    @Test
    void shouldExitWith1WhereTheRequestIsNotThere() {
        assertThat(millrace("show", "other", folder.toString()))
                .isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString())
                .isEqualToIgnoringNewLines("millrace journal: request other is not in " + folder);
    }

    @Test
    void shouldPrintStatistics() {
        assertThat(millrace("stats", folder.toString())).isZero();
        assertThat(out.toString())
                .contains(
                        "requests   1 in",
                        "/v1/completions",
                        "p99.9",
                        "1st token",
                        "entries together");
        assertThat(millrace("stats", "--json", folder.toString())).isZero();
        JsonNode stats = RecordJson.MAPPER.readTree(out.toString());
        assertThat(stats.get("requests").asLong()).isEqualTo(1);
        assertThat(stats.get("damage").isNull()).isTrue();
    }

    @Test
    void shouldVerifyThatExpectedAnswersAreThere() throws IOException {
        Path expected = Files.writeString(parent.resolve("ids"), "mine\n\n" + id + "\n");
        assertThat(millrace("verify", folder.toString(), "--expect", expected.toString())).isZero();
        assertThat(out.toString())
                .contains("1 requests: 1 answered", "2 answers expected, 2 there", "sound");

        Files.writeString(expected, "mine\nnever\n");
        assertThat(millrace("verify", folder.toString(), "--expect", expected.toString()))
                .isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(out.toString()).contains("missing: never").doesNotContain("sound");
        assertThat(err.toString()).contains("1 expected answers are missing");
    }

    @Test
    void shouldPrintTheHeadAndLookForOneThatWasNoted() {
        assertThat(millrace("verify", folder.toString())).isZero();
        String head =
                out.toString()
                        .lines()
                        .filter(line -> line.startsWith("head "))
                        .map(line -> line.substring(5))
                        .findFirst()
                        .orElseThrow();
        assertThat(millrace("verify", folder.toString(), "--head", head)).isZero();

        String other = "0".repeat(64);
        assertThat(millrace("verify", folder.toString(), "--head", other))
                .isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(out.toString()).doesNotContain("sound");
        assertThat(err.toString()).contains("no record has the head " + other);
        assertThat(millrace("verify", "--json", folder.toString(), "--head", other)).isEqualTo(1);
        JsonNode report = RecordJson.MAPPER.readTree(out.toString());
        assertThat(report.get("head").asString()).isEqualTo(head);
        assertThat(report.get("headFound").asBoolean()).isFalse();

        assertThat(millrace("verify", folder.toString(), "--head", "abc"))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--head abc is not a head: 64 hex digits");
    }

    @Test
    void shouldSayWhatItWouldPrune() {
        assertThat(millrace("prune", folder.toString())).isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--keep-bytes or --older-than is needed");
        assertThat(millrace("prune", folder.toString(), "--older-than", "soon"))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--older-than soon", "30d, 12h or 90m");
        assertThat(millrace("prune", folder.toString(), "--keep-bytes", "9999T"))
                .isEqualTo(JournalCommand.UNUSABLE);
        assertThat(err.toString()).contains("--keep-bytes 9999T");
        assertThat(millrace("prune", folder.toString(), "--older-than", "0m", "--dry-run"))
                .isZero();
        // The newest file stays, and there is no other.
        assertThat(out.toString()).contains("0 files of 0 bytes would be removed, 1 of ");
        assertThat(millrace("prune", "--json", folder.toString(), "--keep-bytes", "1K")).isZero();
        JsonNode report = RecordJson.MAPPER.readTree(out.toString());
        assertThat(report.get("files").size()).isZero();
        assertThat(report.get("kept_files").asInt()).isEqualTo(1);
    }

    @Test
    void shouldExitWith1OnDamageAndSayWhereItIs() throws IOException {
        Path file;
        try (var files = Files.list(folder)) {
            file = files.filter(f -> f.toString().endsWith(".cq4")).findFirst().orElseThrow();
        }
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            // Of the last record, before what ends its frame.
            open.seek(72_000);
            long at = open.getFilePointer();
            for (long i = at; i > 0 && open.read() == 0; i--) {
                open.seek(i);
            }
            long lastByte = open.getFilePointer() - 1;
            open.seek(lastByte - 60);
            int value = open.read();
            open.seek(lastByte - 60);
            open.write(value ^ 1);
        }
        assertThat(millrace("verify", folder.toString())).isEqualTo(JournalCommand.FOUND_WANTING);
        assertThat(err.toString())
                .contains("damaged: " + file.getFileName(), "record 4", "checksum");
        assertThat(millrace("verify", "--json", folder.toString())).isEqualTo(1);
        JsonNode report = RecordJson.MAPPER.readTree(out.toString());
        assertThat(report.get("sound").asBoolean()).isFalse();
        assertThat(report.get("damage").get("record_index").asLong()).isEqualTo(4);
    }

    @Test
    void shouldExitWith2WhereThereIsNothingToRead() {
        for (String command : List.of("tail", "stats", "verify")) {
            assertThat(millrace(command, parent.resolve("none").toString()))
                    .isEqualTo(JournalCommand.UNUSABLE);
            assertThat(err.toString().lines()).hasSize(1);
            assertThat(err.toString()).contains("is not a folder");
        }
        assertThat(millrace("verify", parent.toString())).isEqualTo(JournalCommand.UNUSABLE);
        assertThat(millrace("verify")).isEqualTo(JournalCommand.UNUSABLE);
        assertThat(millrace()).isEqualTo(JournalCommand.UNUSABLE);
    }

    @Test
    void shouldDumpBytesThatAreNoText() {
        assertThat(Printable.hexDump(new byte[] {0, 'a', (byte) 0xFF}, 10))
                .isEqualTo("00000000  00 61 ff" + " ".repeat(39) + "  .a.\n");
        assertThat(Printable.hexDump(new byte[40], 16)).contains("24 bytes more");
        assertThat(Printable.utf8(new byte[] {(byte) 0xFF})).isNull();
    }
}

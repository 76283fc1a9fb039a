package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code journal.store: hash}: what is on record of what was said. */
class JournalHashTest {
    @TempDir Path folder;

    private Run run() {
        return new Run(
                Run.config(folder, JournalConfig.RollCycle.HOURLY, JournalConfig.Store.HASH),
                SystemTimeProvider.INSTANCE);
    }

    private static JournalRecord next(JournalReader reader, RecordType type) {
        assertThat(reader.next()).isTrue();
        assertThat(reader.record().type()).isEqualTo(type);
        return reader.record();
    }

    @Test
    void shouldKeepDigestAndLengthOfABodyAndOfAnAnswerAcrossItsRecords() throws Exception {
        try (Run run = run()) {
            RequestContext context = run.request("a", "{\"prompt\":\"secret\"}");
            run.prompt(context, 8, 9);
            run.tokens(context, false, 1, 2);
            // Another answer in between changes nothing.
            RequestContext other = run.request("b", "{}");
            run.tokens(other, false, 7);
            run.tokens(context, true, 3);
            run.tokens(other, true, 7);
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            next(reader, RecordType.ENVIRONMENT);
            IngressRecord ingress = IngressRecord.of(next(reader, RecordType.INGRESS));
            assertThat(ingress.bodyStored()).isFalse();
            assertThat(ingress.bodyBytes()).isEqualTo(19);
            assertThat(ingress.bodySha256())
                    .isEqualTo(
                            Sha256.of("{\"prompt\":\"secret\"}".getBytes(StandardCharsets.UTF_8)));
            assertThat(ingress.clientRequestId()).isEqualTo("a");
            assertThatThrownBy(ingress::body).hasMessageContaining("journal.store: hash");

            TokensRecord prompt = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(prompt.count()).isEqualTo(2);
            assertThat(prompt.runSha256()).isNull();
            assertThatThrownBy(() -> prompt.logprob(1)).isInstanceOf(IllegalStateException.class);

            TokensRecord begun = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(begun.idsStored()).isFalse();
            assertThat(begun.runSha256()).isNull();
            assertThatThrownBy(() -> begun.id(0)).hasMessageContaining("journal.store: hash");

            next(reader, RecordType.INGRESS);
            next(reader, RecordType.OUTPUT_TOKENS);
            TokensRecord ended = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(ended.count()).isEqualTo(1);
            assertThat(ended.runSha256()).isEqualTo(Sha256.of(ids(1, 2, 3)));
            assertThat(TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS)).runSha256())
                    .isEqualTo(Sha256.of(ids(7, 7)));
            assertThat(reader.next()).isFalse();
        }
        assertThat(JournalVerifier.verify(folder, List.of("a", "b")).sound()).isTrue();
        assertThat(JournalStats.of(folder).hashed()).isEqualTo(7);
    }

    private static byte[] ids(int... ids) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int id : ids) {
            bytes.putInt(id);
        }
        return bytes.array();
    }

    @Test
    void shouldHoldNothingThatAClientSentOrGot() throws Exception {
        String secret = "d41d8cd98f00b204";
        try (Run run = run()) {
            RequestContext context = run.request("a", "{\"prompt\":\"" + secret + "\"}");
            run.reply(
                    ReplySlot.Kind.TENSOR,
                    context,
                    16,
                    slot -> {
                        slot.payload.buffer().putStringWithoutLengthAscii(0, secret);
                        slot.count = 16;
                    });
            run.failure(context, RequestStatus.INVALID, "what is " + secret + "?");
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            TensorRecord tensor = TensorRecord.of(next(reader, RecordType.OUTPUT_TENSOR));
            assertThat(tensor.payload()).isNull();
            assertThat(tensor.sha256())
                    .isEqualTo(Sha256.of(secret.getBytes(StandardCharsets.US_ASCII)));
            FailureRecord failure = FailureRecord.of(next(reader, RecordType.OUTPUT_FAILURE));
            assertThat(failure.message()).isEmpty();
            assertThat(failure.httpStatus()).isEqualTo(400);
            assertThat(failure.param()).isEqualTo("prompt");
        }
        for (Path file : JournalFolder.files(folder)) {
            String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
            assertThat(bytes).doesNotContain(secret);
        }
    }
}

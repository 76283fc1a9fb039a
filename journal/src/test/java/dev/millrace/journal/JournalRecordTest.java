package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a handler is given comes back from the disk. */
class JournalRecordTest {
    @TempDir Path folder;

    private JournalReader reader() {
        return JournalReader.open(folder);
    }

    private static JournalRecord next(JournalReader reader, RecordType type) {
        assertThat(reader.next()).as("damage: %s", reader.damage()).isTrue();
        assertThat(reader.record().type()).isEqualTo(type);
        return reader.record();
    }

    @Test
    void shouldBeginARunWithItsEnvironment() {
        new Run(folder).close();
        try (JournalReader reader = reader()) {
            JournalRecord record = next(reader, RecordType.ENVIRONMENT);
            assertThat(record.recordIndex()).isZero();
            assertThat(record.requestId()).isZero();
            assertThat(EnvironmentRecord.of(record)).isEqualTo(Run.ENVIRONMENT);
            assertThat(reader.next()).isFalse();
            assertThat(reader.damage()).isNull();
        }
    }

    @Test
    void shouldKeepARequestWhole() throws Exception {
        byte[] body = new byte[300];
        new Random(1).nextBytes(body);
        try (Run run = new Run(folder)) {
            RequestContext context = run.context(Route.KSERVE_INFER, "größe-𝄞-\ud800x");
            context.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
            run.request(
                    context,
                    body,
                    slot -> {
                        slot.pathModel = "mnist mlp";
                        slot.inferenceHeaderLength = 42;
                    });
            try (JournalReader reader = reader()) {
                next(reader, RecordType.ENVIRONMENT);
                JournalRecord record = next(reader, RecordType.INGRESS);
                assertThat(record.requestId()).isEqualTo(context.requestId).isEqualTo(0x1000);
                assertThat(record.recordIndex()).isEqualTo(1);
                assertThat(record.clockNanos()).isGreaterThan(context.stamps.arrivalNanos());
                assertThat(record.wallNanos()).isGreaterThan(Run.WALL);
                IngressRecord ingress = IngressRecord.of(record);
                assertThat(ingress.route()).isEqualTo(Route.KSERVE_INFER);
                assertThat(ingress.clientRequestId()).isEqualTo("größe-𝄞-?x");
                assertThat(ingress.traceparent()).isEqualTo(context.traceparent);
                assertThat(ingress.pathModel()).isEqualTo("mnist mlp");
                assertThat(ingress.pathVersion()).isNull();
                assertThat(ingress.inferenceHeaderLength()).isEqualTo(42);
                assertThat(ingress.callerId()).isEqualTo(77);
                assertThat(ingress.arrivalClockNanos()).isEqualTo(context.stamps.arrivalNanos());
                assertThat(ingress.arrivalWallNanos()).isEqualTo(context.arrivalEpochNanos);
                assertThat(ingress.head())
                        .isEqualTo("POST /v1/completions HTTP/1.1\r\nhost: a\r\n");
                assertThat(ingress.body()).isEqualTo(body);
            }
        }
    }

    @Test
    void shouldKeepBodiesOfEverySizeUpToTheLargest() throws Exception {
        int[] sizes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 511, 512, 513, 60_000, Run.MAX_BODY_BYTES};
        Random random = new Random(2);
        byte[][] bodies = new byte[sizes.length * 40][];
        try (Run run = new Run(folder)) {
            for (int i = 0; i < bodies.length; i++) {
                bodies[i] = new byte[sizes[i % sizes.length]];
                random.nextBytes(bodies[i]);
                run.request(run.context(Route.OPENAI_CHAT, "r" + i), bodies[i], slot -> {});
            }
            assertThat(run.counters.get(Counter.JOURNAL_RECORDS)).isEqualTo(bodies.length + 1);
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            for (byte[] body : bodies) {
                assertThat(IngressRecord.of(next(reader, RecordType.INGRESS)).body())
                        .isEqualTo(body);
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.damage()).isNull();
        }
    }

    @Test
    void shouldKeepACancelByItsRequest() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.cancel(context);
            try (JournalReader reader = reader()) {
                next(reader, RecordType.ENVIRONMENT);
                next(reader, RecordType.INGRESS);
                assertThat(next(reader, RecordType.CANCEL).requestId())
                        .isEqualTo(context.requestId);
            }
        }
    }

    @Test
    void shouldKeepLogProbabilitiesAndWhetherTokensAreThePrompts() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.prompt(context, 11, 12);
            run.tokens(context, true, 13);
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            TokensRecord prompt = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(prompt.prompt()).isTrue();
            assertThat(prompt.topLogprobs()).isEqualTo(1);
            assertThat(prompt.id(1)).isEqualTo(12);
            assertThat(prompt.logprob(0)).isNaN();
            assertThat(prompt.rank(0)).isZero();
            assertThat(prompt.topId(0, 0)).isEqualTo(TokenLogprobs.NONE);
            assertThat(prompt.logprob(1)).isEqualTo(-0.5f);
            assertThat(prompt.rank(1)).isEqualTo(3);
            assertThat(prompt.topId(1, 0)).isEqualTo(7);
            assertThat(prompt.topLogprob(1, 0)).isEqualTo(-0.25f);
            assertThatThrownBy(() -> prompt.topId(1, 1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> prompt.rank(2)).isInstanceOf(IndexOutOfBoundsException.class);

            TokensRecord answer = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(answer.prompt()).isFalse();
            assertThat(answer.topLogprobs()).isEqualTo(-1);
            assertThatThrownBy(() -> answer.rank(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldKeepADigestForEachToken() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.digested(context, 13, 0xC0FFEE);
            run.reply(
                    ReplySlot.Kind.TOKENS,
                    context,
                    TokenLogprobs.bytes(2, 0) + 8,
                    slot -> {
                        UnsafeBuffer payload = slot.payload.buffer();
                        for (int i = 0; i < 2; i++) {
                            payload.putInt(4 * i, 20 + i, ByteOrder.LITTLE_ENDIAN);
                            TokenLogprobs.put(payload, TokenLogprobs.entry(2, 0, i), -1f, 1);
                            int digest = TokenLogprobs.bytes(2, 0) + 4 * i;
                            payload.putInt(digest, -40 - i, ByteOrder.LITTLE_ENDIAN);
                        }
                        slot.count = 2;
                        slot.topLogprobs = 0;
                        slot.digests = true;
                        slot.last = true;
                    });
            run.tokens(run.request("b", "{}"), true, 30);
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            TokensRecord alone = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(alone.id(0)).isEqualTo(13);
            assertThat(alone.digest(0)).isEqualTo(0xC0FFEE);
            TokensRecord told = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(told.id(1)).isEqualTo(21);
            assertThat(told.logprob(1)).isEqualTo(-1f);
            assertThat(told.digest(0)).isEqualTo(-40);
            assertThat(told.digest(1)).isEqualTo(-41);
            assertThatThrownBy(() -> told.digest(2)).isInstanceOf(IndexOutOfBoundsException.class);
            next(reader, RecordType.INGRESS);
            TokensRecord without = TokensRecord.of(next(reader, RecordType.OUTPUT_TOKENS));
            assertThat(without.hasDigests()).isFalse();
            assertThatThrownBy(() -> without.digest(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldKeepTokensAndSayWhatWasUsedAtTheEnd() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            context.model = Run.MODEL;
            context.promptTokens = 5;
            context.completionTokens = 3;
            run.tokens(context, false, 11, 12);
            run.reply(
                    ReplySlot.Kind.TOKENS,
                    context,
                    4,
                    slot -> {
                        slot.index = 2;
                        slot.count = 1;
                        slot.payload.buffer().putInt(0, 2047, ByteOrder.LITTLE_ENDIAN);
                        slot.finish = FinishReason.STOP;
                        slot.hiddenTokens = 1;
                        slot.hiddenBytes = 9;
                        slot.last = true;
                    });
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            JournalRecord first = next(reader, RecordType.OUTPUT_TOKENS);
            assertThat(first.last()).isFalse();
            TokensRecord tokens = TokensRecord.of(first);
            assertThat(tokens.count()).isEqualTo(2);
            assertThat(tokens.id(0)).isEqualTo(11);
            assertThat(tokens.id(1)).isEqualTo(12);
            assertThat(tokens.finish()).isEqualTo(FinishReason.NONE);
            assertThat(OutputRecord.of(first).model()).isNull();
            assertThat(OutputRecord.of(first).promptTokens()).isZero();

            JournalRecord second = next(reader, RecordType.OUTPUT_TOKENS);
            assertThat(second.last()).isTrue();
            tokens = TokensRecord.of(second);
            assertThat(tokens.id(0)).isEqualTo(2047);
            assertThat(tokens.finish()).isEqualTo(FinishReason.STOP);
            assertThat(tokens.hiddenTokens()).isEqualTo(1);
            assertThat(tokens.hiddenBytes()).isEqualTo(9);
            OutputRecord output = OutputRecord.of(second);
            assertThat(output.index()).isEqualTo(2);
            assertThat(output.promptTokens()).isEqualTo(5);
            assertThat(output.completionTokens()).isEqualTo(3);
            assertThat(output.model()).isEqualTo("austen-2.8m");
            assertThat(output.modelVersion()).isEqualTo("1");
        }
    }

    @Test
    void shouldKeepASmallTensorWholeAndOfALargeOneItsDigest() throws Exception {
        byte[] small = new byte[48];
        byte[] large = new byte[1028];
        new Random(3).nextBytes(small);
        new Random(4).nextBytes(large);
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.reply(
                    ReplySlot.Kind.TENSOR,
                    context,
                    small.length,
                    slot -> {
                        slot.index = 1;
                        slot.count = small.length;
                        slot.payload.buffer().putBytes(0, small);
                        slot.tensor.name = "OUTPUT__1";
                        slot.tensor.datatype = Datatype.INT64;
                        slot.tensor.rank = 2;
                        slot.tensor.shape[0] = 2;
                        slot.tensor.shape[1] = 3;
                    });
            run.reply(
                    ReplySlot.Kind.EMBEDDING,
                    context,
                    large.length,
                    slot -> {
                        slot.count = large.length / 4;
                        slot.payload.buffer().putBytes(0, large);
                        slot.last = true;
                    });
        }
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            TensorRecord tensor = TensorRecord.of(next(reader, RecordType.OUTPUT_TENSOR));
            assertThat(tensor.name()).isEqualTo("OUTPUT__1");
            assertThat(tensor.datatype()).isEqualTo(Datatype.INT64);
            assertThat(tensor.shape()).containsExactly(2, 3);
            assertThat(tensor.payloadBytes()).isEqualTo(48);
            assertThat(tensor.payload()).isEqualTo(small);
            assertThat(tensor.sha256()).isEqualTo(sha256.digest(small));

            TensorRecord vector = TensorRecord.of(next(reader, RecordType.OUTPUT_EMBEDDING));
            assertThat(vector.datatype()).isEqualTo(Datatype.FP32);
            assertThat(vector.shape()).containsExactly(257);
            assertThat(vector.payloadBytes()).isEqualTo(1028);
            assertThat(vector.payload()).isNull();
            assertThat(vector.sha256()).isEqualTo(sha256.digest(large));
            assertThat(reader.record().last()).isTrue();
        }
    }

    @Test
    void shouldKeepWhyARequestFailed() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.failure(context, RequestStatus.RATE_LIMITED, "über das Limit");
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            next(reader, RecordType.INGRESS);
            JournalRecord record = next(reader, RecordType.OUTPUT_FAILURE);
            FailureRecord failure = FailureRecord.of(record);
            assertThat(record.last()).isTrue();
            assertThat(failure.httpStatus()).isEqualTo(429);
            assertThat(failure.status()).isEqualTo("RATE_LIMITED");
            assertThat(failure.cancelled()).isFalse();
            assertThat(failure.retryAfterMillis()).isEqualTo(1000);
            assertThat(failure.message()).isEqualTo("über das Limit");
            assertThat(failure.param()).isEqualTo("prompt");
            assertThatThrownBy(() -> TokensRecord.of(record))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldCutTextsAtAWholeCodePoint() throws Exception {
        String text = "é".repeat(3000);
        try (Run run = new Run(folder)) {
            run.request(text, "{}");
            RequestContext failed = run.request("x" + text, "{}");
            run.failure(failed, RequestStatus.INVALID, text);
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            assertThat(IngressRecord.of(next(reader, RecordType.INGRESS)).clientRequestId())
                    .isEqualTo("é".repeat(2048));
            assertThat(IngressRecord.of(next(reader, RecordType.INGRESS)).clientRequestId())
                    .isEqualTo("x" + "é".repeat(2047));
            assertThat(FailureRecord.of(next(reader, RecordType.OUTPUT_FAILURE)).message())
                    .isEqualTo("é".repeat(2048));
        }
    }

    @Test
    void shouldRefuseARecordThatTheQueueCannotHoldAndGoOn() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.context(Route.OPENAI_CHAT, "big");
            var bulk = new UnsafeBuffer(new byte[1 << 20]);
            var appender = ((JournalHandler) run.requests).appender();
            appender.scratch();
            assertThat(appender.append(RecordType.INGRESS, 0, context.requestId, 96, bulk, 1 << 20))
                    .as("may go on")
                    .isFalse();
            assertThat(run.counters.get(Counter.JOURNAL_FAILURES)).isEqualTo(1);
            run.request("after", "good");
        }
        try (JournalReader reader = reader()) {
            next(reader, RecordType.ENVIRONMENT);
            assertThat(GapRecord.of(next(reader, RecordType.GAP)).records()).isEqualTo(1);
            IngressRecord ingress = IngressRecord.of(next(reader, RecordType.INGRESS));
            assertThat(ingress.body()).isEqualTo("good".getBytes(StandardCharsets.UTF_8));
        }
    }
}

package dev.millrace.tools.replay;

import dev.millrace.journal.FailureRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.TensorRecord;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.TokenLogprobs;
import dev.millrace.tools.Sha256;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * All that was answered to one request, as far as two answers to it are compared: from the
 * journal's records, or from the replies of a replay.
 */
final class AnswerBits {
    /** One run's tokens, or a prompt's. */
    static final class Text {
        final IntArrayList ids = new IntArrayList();

        /** Of the rows that the tokens were sampled from; as many as tokens, or none. */
        final IntArrayList digests = new IntArrayList();

        FinishReason finish = FinishReason.NONE;
        int hiddenTokens;
        int hiddenBytes;

        /** Of all log probabilities told, bit for bit. */
        int logprobs = 1;

        private void logprob(float logprob, int rank) {
            logprobs = 31 * (31 * logprobs + Float.floatToRawIntBits(logprob)) + rank;
        }

        private void alternative(int id, float logprob) {
            logprobs = 31 * (31 * logprobs + id) + Float.floatToRawIntBits(logprob);
        }

        private void end(FinishReason reason, int tokens, int bytes) {
            finish = reason;
            hiddenTokens = tokens;
            hiddenBytes = bytes;
        }
    }

    /** By run. */
    final Map<Integer, Text> texts = new TreeMap<>();

    /** Tokens of prompts with their log probabilities, by run. */
    final Map<Integer, Text> prompts = new TreeMap<>();

    /** What a vector or a tensor is and its SHA-256, by text or output. */
    final Map<Integer, String> tensors = new TreeMap<>();

    /** Status, message and field; null where the request was answered. */
    @Nullable String failure;

    /** Whether the last word was said. */
    boolean ended;

    /** The tokens of that run. */
    Text text(int run) {
        return texts.computeIfAbsent(run, _ -> new Text());
    }

    private Text text(int run, boolean prompt) {
        return prompt ? prompts.computeIfAbsent(run, _ -> new Text()) : text(run);
    }

    /** Adds what an output record holds. */
    void add(JournalRecord record) {
        int index = OutputRecord.of(record).index();
        switch (record.type()) {
            case OUTPUT_TOKENS -> {
                TokensRecord tokens = TokensRecord.of(record);
                if (tokens.idsStored()) {
                    add(index, tokens);
                }
            }
            case OUTPUT_EMBEDDING -> {
                TensorRecord vector = TensorRecord.of(record);
                tensors.put(index, vector(HexFormat.of().formatHex(vector.sha256())));
            }
            case OUTPUT_TENSOR -> {
                TensorRecord tensor = TensorRecord.of(record);
                tensors.put(
                        index,
                        tensor(
                                tensor.name(),
                                tensor.datatype().name(),
                                tensor.shape(),
                                HexFormat.of().formatHex(tensor.sha256())));
            }
            case OUTPUT_FAILURE -> {
                FailureRecord refused = FailureRecord.of(record);
                failure =
                        failure(
                                refused.httpStatus(),
                                refused.status(),
                                refused.message(),
                                refused.param());
            }
            default -> throw new IllegalArgumentException(record.type() + " is not an output");
        }
        ended |= record.last();
    }

    private void add(int run, TokensRecord tokens) {
        Text text = text(run, tokens.prompt());
        for (int i = 0; i < tokens.count(); i++) {
            text.ids.addInt(tokens.id(i));
            if (tokens.hasDigests()) {
                text.digests.addInt(tokens.digest(i));
            }
            if (tokens.topLogprobs() >= 0) {
                text.logprob(tokens.logprob(i), tokens.rank(i));
            }
            for (int place = 0; place < tokens.topLogprobs(); place++) {
                text.alternative(tokens.topId(i, place), tokens.topLogprob(i, place));
            }
        }
        if (tokens.finish() != FinishReason.NONE) {
            text.end(tokens.finish(), tokens.hiddenTokens(), tokens.hiddenBytes());
        }
    }

    /** Adds what a reply holds. */
    void add(ReplySlot slot) {
        DirectBuffer payload = slot.payload.buffer();
        switch (slot.kind) {
            case TOKENS -> addTokens(slot, payload);
            case EMBEDDING ->
                    tensors.put(slot.index, vector(sha256(payload, slot.count * Float.BYTES)));
            case TENSOR -> {
                long[] shape = Arrays.copyOf(slot.tensor.shape, slot.tensor.rank);
                tensors.put(
                        slot.index,
                        tensor(
                                slot.tensor.name,
                                slot.tensor.datatype.name(),
                                shape,
                                sha256(payload, slot.count)));
            }
            case FAILURE -> {
                RequestContext context = slot.context();
                failure =
                        failure(
                                context.status.httpStatus(),
                                context.status.name(),
                                context.errorMessage,
                                context.errorParam);
            }
        }
        ended |= slot.last;
    }

    private void addTokens(ReplySlot slot, DirectBuffer payload) {
        Text text = text(slot.index, slot.prompt);
        int top = slot.topLogprobs;
        int digests = TokenLogprobs.bytes(slot.count, top);
        for (int i = 0; i < slot.count; i++) {
            text.ids.addInt(payload.getInt(4 * i));
            if (slot.digests) {
                text.digests.addInt(payload.getInt(digests + 4 * i));
            }
            if (top < 0) {
                continue;
            }
            int entry = TokenLogprobs.entry(slot.count, top, i);
            text.logprob(TokenLogprobs.logprob(payload, entry), TokenLogprobs.rank(payload, entry));
            for (int place = 0; place < top; place++) {
                text.alternative(
                        TokenLogprobs.topId(payload, entry, place),
                        TokenLogprobs.topLogprob(payload, entry, place));
            }
        }
        if (slot.finish != FinishReason.NONE) {
            text.end(slot.finish, slot.hiddenTokens, slot.hiddenBytes);
        }
    }

    private static String vector(String sha256) {
        return "vector of sha256 " + sha256;
    }

    private static String tensor(String name, String datatype, long[] shape, String sha256) {
        return "%s %s %s of sha256 %s".formatted(name, datatype, Arrays.toString(shape), sha256);
    }

    private static String failure(
            int httpStatus, String status, String message, @Nullable String param) {
        return "%d %s: %s%s"
                .formatted(
                        httpStatus,
                        status.toLowerCase(Locale.ROOT),
                        message,
                        param == null ? "" : " (" + param + ")");
    }

    private static String sha256(DirectBuffer payload, int bytes) {
        byte[] copy = new byte[bytes];
        payload.getBytes(0, copy);
        return Sha256.hex(copy);
    }
}

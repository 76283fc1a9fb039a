package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.tokenizer.Tokenizer;
import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Token ids of a request on their way into its slot: checked against vocabulary and context, then
 * written as {@link PromptRuns}. Reused between requests; owned by one decoder.
 */
final class TokenRuns {
    private final LargeBuffers buffers;
    private final Utf8Text written = new Utf8Text();
    private final IntArrayList ids = new IntArrayList();
    private final IntArrayList lengths = new IntArrayList();
    private int longest;

    TokenRuns(LargeBuffers buffers) {
        this.buffers = buffers;
    }

    void begin() {
        ids.clear();
        lengths.clear();
        longest = 0;
    }

    /** Encodes one text; {@code label} is what it is called in refusals. */
    void addText(
            ModelEntry model,
            Tokenizer tokenizer,
            String label,
            String text,
            boolean addSpecialTokens) {
        written.clear();
        written.add(text);
        int end = written.length();
        addText(model, tokenizer, label, written.bytes(), 0, end, addSpecialTokens);
    }

    /** Encodes a run that came as text. */
    void addText(
            ModelEntry model,
            Tokenizer tokenizer,
            PromptDraft draft,
            int run,
            boolean addSpecialTokens) {
        addText(
                model,
                tokenizer,
                draft.label(run),
                draft.textBytes(),
                draft.textFrom(run),
                draft.textTo(run),
                addSpecialTokens);
    }

    private void addText(
            ModelEntry model,
            Tokenizer tokenizer,
            String label,
            byte[] text,
            int from,
            int to,
            boolean addSpecialTokens) {
        long mostChars = (long) model.maxContextTokens() * tokenizer.longestTokenChars();
        // A character is one byte at least.
        if (to - from > mostChars && Utf8.chars(text, from, to) > mostChars) {
            throw new BadRequest(
                    RequestStatus.CONTEXT_LENGTH,
                    label
                            + ": "
                            + Utf8.chars(text, from, to)
                            + " characters; the model's maximum context length is "
                            + model.maxContextTokens()
                            + " tokens, at most "
                            + mostChars
                            + " characters",
                    label);
        }
        int before = ids.size();
        try {
            tokenizer.encode(text, from, to, addSpecialTokens, ids);
        } catch (IllegalArgumentException e) {
            throw BadRequest.invalid(
                    label + ": the model's tokenizer cannot encode it: " + e.getMessage(), label);
        }
        end(model, label, ids.size() - before);
    }

    /** Takes a run that came as ids. */
    void addIds(ModelEntry model, PromptDraft draft, int run) {
        int before = ids.size();
        draft.copyIds(run, ids);
        for (int i = before; i < ids.size(); i++) {
            if (ids.getInt(i) >= model.vocabularySize()) {
                String param = draft.label(run) + "[" + (i - before) + "]";
                throw BadRequest.invalid(
                        param
                                + ": expected a token id below "
                                + model.vocabularySize()
                                + ", the size of the vocabulary, got "
                                + ids.getInt(i),
                        param);
            }
        }
        end(model, draft.label(run), ids.size() - before);
    }

    private void end(ModelEntry model, String label, int tokens) {
        if (tokens == 0) {
            throw BadRequest.invalid(label + ": no tokens; expected text of at least one", label);
        }
        // A generation needs room for one token of its own.
        int room = model.maxContextTokens() - (model.kind() == ModelKind.GENERATE ? 1 : 0);
        if (tokens > room) {
            throw new BadRequest(
                    RequestStatus.CONTEXT_LENGTH,
                    label
                            + ": "
                            + tokens
                            + " tokens; the model's maximum context length is "
                            + model.maxContextTokens()
                            + " tokens"
                            + (room < model.maxContextTokens() ? ", the answer included" : ""),
                    label);
        }
        lengths.addInt(tokens);
        longest = Math.max(longest, tokens);
    }

    /** Tokens of the longest run. */
    int longest() {
        return longest;
    }

    int count() {
        return lengths.size();
    }

    /** Tokens of all runs together. */
    int tokens() {
        return ids.size();
    }

    /** A copy of each run's ids. */
    List<int[]> copies() {
        List<int[]> copies = new ArrayList<>(lengths.size());
        int from = 0;
        for (int run = 0; run < lengths.size(); run++) {
            int[] copy = new int[lengths.getInt(run)];
            for (int i = 0; i < copy.length; i++) {
                copy[i] = ids.getInt(from + i);
            }
            from += copy.length;
            copies.add(copy);
        }
        return copies;
    }

    /**
     * Writes all runs into the slot's decoded payload, and into the context their sum and how many
     * are answered: each {@code n} times.
     */
    void write(RequestSlot slot, RequestContext context) {
        int runs = lengths.size();
        long bytes = 4L + 4L * runs + 4L * ids.size();
        PayloadBuffer decoded = slot.decoded;
        if (bytes > buffers.bufferBytes() && bytes > decoded.sliceCapacity()) {
            throw new BadRequest(
                    RequestStatus.TOO_LARGE,
                    "the prompts take "
                            + bytes
                            + " bytes as token ids; at most "
                            + buffers.bufferBytes()
                            + " are accepted",
                    null);
        }
        if (!decoded.reserve((int) bytes, buffers, 1)) {
            throw new BadRequest(
                    RequestStatus.OVERLOADED,
                    "no buffer is free for a prompt of " + bytes + " bytes; try again later",
                    null);
        }
        UnsafeBuffer buffer = decoded.buffer();
        PromptRuns.putCount(buffer, runs);
        for (int run = 0; run < runs; run++) {
            PromptRuns.putLength(buffer, run, lengths.getInt(run));
        }
        int at = PromptRuns.idsOffset(runs);
        for (int i = 0; i < ids.size(); i++, at += Integer.BYTES) {
            buffer.putInt(at, ids.getInt(i));
        }
        decoded.length((int) bytes);
        context.promptTokens = ids.size();
        context.runs = runs * slot.sampling.n;
    }
}

package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request for text has gathered. Reused. */
final class TextAnswer {
    private static final int KEPT_RUNS = 4;
    private static final byte[] NO_ECHO = new byte[0];

    /** The members that every chunk of the answer begins with. */
    final GrowingBytes head = new GrowingBytes(256);

    /** Of a stream that can be read on; else null. */
    @Nullable StreamProgress progress;

    /** What makes the events of a stream; null before the first. */
    TextEncoder.@Nullable Chunks chunks;

    /** The answer came out another than the one that is read on: nothing more is sent. */
    boolean parted;

    private final List<TextRun> runs = new ArrayList<>();

    /** By prompt; as long as replies told of prompts. */
    private final List<@Nullable PromptScores> prompts = new ArrayList<>();

    void begin(RequestContext context, OpenAiExchange exchange) {
        StreamProgress begun = StreamProgress.of(context);
        progress = begun;
        parted = false;
        while (runs.size() < context.runs) {
            runs.add(new TextRun());
        }
        for (int i = 0; i < context.runs; i++) {
            runs.get(i).begin(echo(exchange, exchange.prompt(i)));
            if (begun != null && begun.begun(i)) {
                runs.get(i).announce();
            }
        }
        head.clear();
    }

    /** Lets go of what is large. */
    void end() {
        if (runs.size() > KEPT_RUNS) {
            runs.subList(KEPT_RUNS, runs.size()).clear();
        }
        runs.forEach(TextRun::clear);
        prompts.clear();
        progress = null;
        chunks = null;
    }

    private static byte[] echo(OpenAiExchange exchange, int prompt) {
        List<byte[]> echo = exchange.choices().echo();
        return prompt < echo.size() ? echo.get(prompt) : NO_ECHO;
    }

    /** Takes tokens of a prompt. */
    void acceptPrompt(ReplySlot slot, OpenAiExchange exchange) {
        int index = exchange.prompt(slot.index);
        while (prompts.size() <= index) {
            prompts.add(null);
        }
        PromptScores prompt = prompts.get(index);
        if (prompt == null) {
            prompt = new PromptScores(echo(exchange, index));
            prompts.set(index, prompt);
        }
        prompt.accept(slot, exchange.tokenBytes());
    }

    /** What replies told of a prompt; null where they told nothing. */
    @Nullable TokenScores prompt(int index) {
        PromptScores prompt = index < prompts.size() ? prompts.get(index) : null;
        return prompt == null ? null : prompt.scores;
    }

    TextRun run(int index) {
        return runs.get(index);
    }
}

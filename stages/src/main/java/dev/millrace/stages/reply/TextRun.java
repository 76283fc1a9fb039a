package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;

/**
 * One choice's text, ids and log probabilities: those not sent yet of a stream, else all of them.
 */
final class TextRun {
    final GrowingBytes text = new GrowingBytes(512);
    final IntArrayList ids = new IntArrayList();
    final TokenScores scores = new TokenScores();

    private final StreamingDetokenizer detokenizer = new StreamingDetokenizer();
    private FinishReason finish = FinishReason.NONE;
    private boolean announced;

    /** Code points of the choice's text before what {@link #text} holds from {@link #counted}. */
    private int points;

    private int counted;

    /**
     * @param echo what the text begins with; may end inside a code point
     */
    void begin(byte[] echo) {
        clear();
        points = 0;
        announced = false;
        finish = FinishReason.NONE;
        detokenizer.begin();
        detokenizer.accept(echo, echo.length, text);
    }

    /** Forgets what was sent. */
    void clear() {
        points();
        text.clear();
        counted = 0;
        ids.clear();
        scores.clear();
    }

    /** Whether there is anything to send but the end. */
    boolean isEmpty() {
        return text.length() == 0 && ids.isEmpty() && scores.isEmpty();
    }

    /**
     * Takes tokens of the answer; what came before the one at {@code sent} is forgotten, as if it
     * had been sent, where that is above 0. {@link #ids}, where they are asked for, are all that
     * were sampled, those behind a stop too, so that they are as many as usage counts; {@link
     * #scores} only those whose text remains.
     */
    void accept(ReplySlot slot, OpenAiExchange exchange, int sent) {
        TokenBytes tokenBytes = exchange.tokenBytes();
        boolean keepIds = exchange.returnTokenIds();
        boolean scored = exchange.choices().logprobs() >= 0 && slot.topLogprobs >= 0;
        int scoredTokens = scored ? slot.count - slot.hiddenTokens : 0;
        DirectBuffer tokens = slot.payload.buffer();
        int visible = -slot.hiddenBytes;
        if (slot.hiddenBytes > 0) {
            for (int i = 0; i < slot.count; i++) {
                visible += tokenBytes.bytesOf(tokens.getInt(i * Integer.BYTES)).length;
            }
        } else {
            visible = Integer.MAX_VALUE;
        }
        for (int i = 0; i < slot.count; i++) {
            int id = tokens.getInt(i * Integer.BYTES);
            if (keepIds) {
                ids.addInt(id);
            }
            if (i < scoredTokens) {
                scores.add(slot, i, points());
            }
            byte[] bytes = tokenBytes.bytesOf(id);
            int shown = Math.clamp(visible, 0, bytes.length);
            detokenizer.accept(bytes, shown, text);
            visible -= shown;
            if (i == sent - 1) {
                clear();
            }
        }
        if (slot.finish != FinishReason.NONE) {
            finish = slot.finish;
            detokenizer.end(text);
            if (sent > 0 && sent == slot.count) {
                // What the end makes of unfinished bytes went with the tokens.
                clear();
            }
        }
    }

    /** Code points of the choice's text so far. */
    private int points() {
        points += text.codePoints(counted);
        counted = text.length();
        return points;
    }

    /** True the first time it is asked: what comes once per run belongs there. */
    boolean announce() {
        boolean first = !announced;
        announced = true;
        return first;
    }

    boolean ended() {
        return finish != FinishReason.NONE;
    }

    /** OpenAI's {@code finish_reason} of a run that ended. */
    String finishReason() {
        return switch (finish) {
            case STOP -> "stop";
            case LENGTH -> "length";
            case CANCELLED, NONE -> throw new IllegalStateException("run ended with " + finish);
        };
    }
}

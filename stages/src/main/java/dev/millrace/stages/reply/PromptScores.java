package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenBytes;

/**
 * The tokens of one prompt with their log probabilities, shared by all its choices.
 *
 * <p>Offsets are places in the echoed text. They are those of the tokens' bytes, but for the space
 * that some tokenizers put before a text; where a tokenizer changes the text otherwise (lower case,
 * say) they are near their place and never behind the text.
 */
final class PromptScores {
    final TokenScores scores = new TokenScores();

    private final byte[] echo;
    private final StreamingDetokenizer detokenizer = new StreamingDetokenizer();
    private final GrowingBytes text = new GrowingBytes(64);
    private int echoedBytes;
    private int points;

    /**
     * @param echo the text that the choices begin with; empty where they do not
     */
    PromptScores(byte[] echo) {
        this.echo = echo;
        detokenizer.begin();
    }

    void accept(ReplySlot slot, TokenBytes tokenBytes) {
        for (int i = 0; i < slot.count; i++) {
            scores.add(slot, i, points);
            advance(tokenBytes.bytesOf(slot.payload.buffer().getInt(i * Integer.BYTES)));
        }
    }

    private void advance(byte[] bytes) {
        int count = bytes.length;
        if (echoedBytes == 0 && count > 0 && bytes[0] == ' ' && echo.length > 0 && echo[0] != ' ') {
            count--;
        }
        int to = Math.min(echo.length, echoedBytes + count);
        text.clear();
        detokenizer.accept(echo, echoedBytes, to, text);
        points += text.codePoints(0);
        echoedBytes = to;
    }
}

package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a token is called in answers with log probabilities. One thread.
 *
 * <p>Bytes that are not whole UTF-8 are spelled as OpenAI spells them, so that two tokens never
 * look the same: {@code \xe2\x80} in chat, {@code bytes:\xe2\x80} in completions. A token without
 * any text is {@code token_id:7}, as vLLM writes ids for text.
 */
final class TokenLabel {
    private static final byte[] BY_ID = "token_id:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final StreamingDetokenizer detokenizer = new StreamingDetokenizer();
    private final GrowingBytes text = new GrowingBytes(64);
    private final byte[] bytesPrefix;

    /**
     * @param bytesPrefix what comes before spelled bytes
     */
    TokenLabel(String bytesPrefix) {
        this.bytesPrefix = bytesPrefix.getBytes(StandardCharsets.US_ASCII);
    }

    /** Valid until the next call. */
    GrowingBytes of(int id, TokenBytes tokenBytes) {
        byte[] name = tokenBytes.nameOf(id);
        if (name.length == 0) {
            return byId(id);
        }
        if (!replaced(name).holds(name)) {
            spell(name);
        }
        return text;
    }

    /** vLLM's {@code decoded_token}: U+FFFD for bytes that are not UTF-8. */
    GrowingBytes decoded(int id, TokenBytes tokenBytes) {
        return replaced(tokenBytes.nameOf(id));
    }

    /** Whether two tokens have the same label. */
    static boolean same(int id, int other, TokenBytes tokenBytes) {
        byte[] name = tokenBytes.nameOf(id);
        return id == other || (name.length > 0 && Arrays.equals(name, tokenBytes.nameOf(other)));
    }

    private GrowingBytes byId(int id) {
        byte[] digits = Integer.toString(id).getBytes(StandardCharsets.US_ASCII);
        text.clear();
        text.add(BY_ID, 0, BY_ID.length);
        text.add(digits, 0, digits.length);
        return text;
    }

    private GrowingBytes replaced(byte[] name) {
        text.clear();
        detokenizer.begin();
        detokenizer.accept(name, name.length, text);
        detokenizer.end(text);
        return text;
    }

    private void spell(byte[] name) {
        text.clear();
        text.add(bytesPrefix, 0, bytesPrefix.length);
        for (byte b : name) {
            if (b >= ' ' && b < 0x7F) {
                text.add(b);
            } else {
                text.add((byte) '\\');
                text.add((byte) 'x');
                text.add(HEX[(b & 0xFF) >> 4]);
                text.add(HEX[b & 0xF]);
            }
        }
    }
}

package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenBytes;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.IntArrayList;

/** A run's text from its tokens, for whoever has them all: what a client was sent of it. */
public final class RunText {
    private RunText() {}

    /**
     * @param ids all tokens of the run
     * @param hiddenBytes at the end of their text, that belong to a stop
     */
    public static String of(TokenBytes tokenBytes, IntArrayList ids, int hiddenBytes) {
        var bytes = new GrowingBytes(ids.size() * Integer.BYTES);
        for (int i = 0; i < ids.size(); i++) {
            byte[] token = tokenBytes.bytesOf(ids.getInt(i));
            bytes.add(token, 0, token.length);
        }
        byte[] visible = new byte[Math.max(0, bytes.length() - hiddenBytes)];
        bytes.copyTo(visible, 0, visible.length);
        var text = new GrowingBytes(visible.length);
        var detokenizer = new StreamingDetokenizer();
        detokenizer.begin();
        detokenizer.accept(visible, visible.length, text);
        detokenizer.end(text);
        byte[] utf8 = new byte[text.length()];
        text.copyTo(utf8, 0, utf8.length);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}

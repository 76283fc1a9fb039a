package dev.millrace.stages.tokenizer;

import dev.millrace.stages.tokenizer.compiled.TokenEncoder;
import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import org.agrona.collections.IntArrayList;

/** A tokenizer of our own: it has nothing to free, and allocates nothing once it is warm. */
final class CompiledTokenizer implements Tokenizer {
    private final TokenEncoder encoder;
    private final int longestTokenChars;
    private final Utf8Text written = new Utf8Text();
    private volatile boolean closed;

    /**
     * @param encoder of this tokenizer alone
     * @param longestTokenChars characters of its longest token
     */
    CompiledTokenizer(TokenEncoder encoder, int longestTokenChars) {
        this.encoder = encoder;
        this.longestTokenChars = longestTokenChars;
    }

    /** Half a surrogate pair is encoded as U+FFFD. */
    @Override
    public void encode(String text, boolean addSpecialTokens, IntArrayList into) {
        written.clear();
        written.add(text);
        encode(written.bytes(), 0, written.length(), addSpecialTokens, into);
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean addSpecialTokens, IntArrayList into) {
        if (closed) {
            throw new IllegalStateException("tokenizer is CLOSED");
        }
        encoder.encode(utf8, from, to, addSpecialTokens, into);
    }

    @Override
    public int longestTokenChars() {
        return longestTokenChars;
    }

    /** Any thread. A text that is being encoded is encoded to its end. */
    @Override
    public void close() {
        closed = true;
    }
}

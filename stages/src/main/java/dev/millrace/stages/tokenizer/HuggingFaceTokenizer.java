package dev.millrace.stages.tokenizer;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.collections.IntArrayList;

/**
 * Hugging Face's own tokenizers, through DJL's native binding. Used by one thread at a time: the
 * decode thread.
 *
 * <p>The binding's native methods are called directly: its Java class reads eight arrays per text
 * where ids are wanted, and frees by finalizer. Truncation and padding that a tokenizer.json asks
 * for are switched off: a text that is too long is refused, and lanes pad.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
    private static final TokenizersLibrary LIBRARY = library();

    /** Who may free the natives. A model may be unloaded while decode is in {@link #encode}. */
    private enum State {
        IDLE,
        ENCODING,
        /** Closed while encoding: the encoder frees. */
        CLOSING,
        CLOSED
    }

    private final int longestTokenChars;
    private final long handle;
    private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);

    /**
     * @param json a tokenizer.json
     * @param longestTokenChars characters of its longest token
     * @throws RuntimeException with the library's words where it refuses the file
     */
    HuggingFaceTokenizer(String json, int longestTokenChars) {
        this.longestTokenChars = longestTokenChars;
        handle = LIBRARY.createTokenizerFromString(json);
        LIBRARY.disableTruncation(handle);
        LIBRARY.disablePadding(handle);
    }

    /** The natives lie in the binding's jar; it must not look for others on the network. */
    private static TokenizersLibrary library() {
        if (System.getProperty("ai.djl.offline") == null) {
            System.setProperty("ai.djl.offline", "true");
        }
        // Loads the natives; throws what went wrong when they were loaded.
        LibUtils.checkStatus();
        return TokenizersLibrary.LIB;
    }

    @Override
    public void encode(String text, boolean addSpecialTokens, IntArrayList into) {
        if (!state.compareAndSet(State.IDLE, State.ENCODING)) {
            throw new IllegalStateException("tokenizer is " + state.get());
        }
        try {
            encodeNatively(text, addSpecialTokens, into);
        } finally {
            if (!state.compareAndSet(State.ENCODING, State.IDLE)) {
                free();
            }
        }
    }

    @Override
    public void encode(byte[] utf8, int from, int to, boolean addSpecialTokens, IntArrayList into) {
        String text = new String(utf8, from, to - from, StandardCharsets.UTF_8);
        encode(text, addSpecialTokens, into);
    }

    private void encodeNatively(String text, boolean addSpecialTokens, IntArrayList into) {
        long encoding;
        try {
            encoding = LIBRARY.encode(handle, text, addSpecialTokens);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        try {
            for (long id : LIBRARY.getTokenIds(encoding)) {
                into.addInt((int) id);
            }
        } finally {
            LIBRARY.deleteEncoding(encoding);
        }
    }

    @Override
    public int longestTokenChars() {
        return longestTokenChars;
    }

    /**
     * Any thread. The decode thread moves between idle and encoding meanwhile: try until one holds.
     */
    @Override
    public void close() {
        for (State now = state.get();
                now == State.IDLE || now == State.ENCODING;
                now = state.get()) {
            if (state.compareAndSet(State.IDLE, State.CLOSED)) {
                free();
            } else {
                state.compareAndSet(State.ENCODING, State.CLOSING);
            }
        }
    }

    private void free() {
        state.set(State.CLOSED);
        LIBRARY.deleteTokenizer(handle);
    }
}

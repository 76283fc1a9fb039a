package dev.millrace.tools.model;

import org.jspecify.annotations.Nullable;

/** The kinds of tokens in {@code tokenizer.ggml.token_type}; numbered from 1. */
enum TokenType {
    NORMAL,
    UNKNOWN,
    /** Begins, ends or structures texts; never text itself. */
    CONTROL,
    /** Matched whole, before anything else is. */
    USER_DEFINED,
    /** An id that no text has. */
    UNUSED,
    /** One byte, spelled {@code <0xXX>}. */
    BYTE;

    private static final TokenType[] VALUES = values();

    int number() {
        return ordinal() + 1;
    }

    static @Nullable TokenType numbered(long number) {
        return number >= 1 && number <= VALUES.length ? VALUES[(int) number - 1] : null;
    }
}

package dev.millrace.stages.tokenizer.compiled;

/** Cuts normalized text into the words that a model sees one by one. */
interface PieceScanner {
    /** A text begins, other than the one before. */
    default void begin() {}

    /**
     * Where the word that begins at {@code at} ends; {@code ~end} where what lies before {@code
     * end} is left out. The text from {@code at} to {@code to} is not empty.
     *
     * @param to the end of the text: what lies behind it does not count
     */
    int next(byte[] text, int at, int to);
}

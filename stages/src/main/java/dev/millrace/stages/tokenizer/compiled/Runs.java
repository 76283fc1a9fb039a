package dev.millrace.stages.tokenizer.compiled;

/** Runs of characters of the same class. */
final class Runs {
    private Runs() {}

    /** The end of the run of characters that have one of the flags. */
    static int of(int flags, byte[] text, int from, int to) {
        int at = from;
        while (at < to && (CodePointClass.at(text, at) & flags) != 0) {
            at = Utf8Text.after(text, at);
        }
        return at;
    }

    /** The end of the run of characters that have none of the flags. */
    static int without(int flags, byte[] text, int from, int to) {
        int at = from;
        while (at < to && (CodePointClass.at(text, at) & flags) == 0) {
            at = Utf8Text.after(text, at);
        }
        return at;
    }

    /**
     * {@code \s+(?!\S)|\s+}: white space without its last character, which belongs to what comes
     * behind it; all of it where nothing does.
     */
    static int space(byte[] text, int from, int to) {
        int end = of(CodePointClass.SPACE, text, from, to);
        if (end == to) {
            return end;
        }
        int last = Utf8Text.before(text, end);
        return last == from ? end : last;
    }
}

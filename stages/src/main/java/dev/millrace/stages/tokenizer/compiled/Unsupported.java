package dev.millrace.stages.tokenizer.compiled;

/** A tokenizer.json asks for what is not compiled here; the message says for what. */
public final class Unsupported extends Exception {
    private static final long serialVersionUID = 1L;

    /** Characters of a stranger's file that a line repeats. */
    private static final int MOST_CHARS = 200;

    Unsupported(String what) {
        super(printable(what));
    }

    private static String printable(String what) {
        var line = new StringBuilder();
        what.codePoints()
                .limit(MOST_CHARS)
                .map(point -> Character.isISOControl(point) ? '?' : point)
                .forEach(line::appendCodePoint);
        return line.toString();
    }
}

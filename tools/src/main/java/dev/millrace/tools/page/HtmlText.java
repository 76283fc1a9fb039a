package dev.millrace.tools.page;

/** Text from strangers, made harmless for a page. */
public final class HtmlText {
    /** Characters of a text that are shown. */
    public static final int SHOWN = 4000;

    private static final String ELLIPSIS = "\u2026";

    private HtmlText() {}

    /**
     * Escaped for elements and quoted attributes; what would hide or reorder what stands beside it
     * is spelled out.
     */
    public static String of(String text) {
        var safe = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> append(safe, point));
        return safe.toString();
    }

    /** The same, of no more than {@link #SHOWN} characters. */
    public static String shortened(String text) {
        return text.length() <= SHOWN ? of(text) : of(text.substring(0, SHOWN)) + ELLIPSIS;
    }

    private static void append(StringBuilder safe, int point) {
        switch (point) {
            case '&' -> safe.append("&amp;");
            case '<' -> safe.append("&lt;");
            case '>' -> safe.append("&gt;");
            case '"' -> safe.append("&quot;");
            case '\'' -> safe.append("&#39;");
            case '\n', '\t' -> safe.appendCodePoint(point);
            default -> {
                if (hidden(point)) {
                    safe.append("\\u{%x}".formatted(point));
                } else {
                    safe.appendCodePoint(point);
                }
            }
        }
    }

    private static boolean hidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
            default -> false;
        };
    }
}

package dev.millrace.tools.page;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** A page, written from top to bottom. One thread. */
public final class HtmlPage {
    private static final String STYLE = "page.css";

    private final StringBuilder page = new StringBuilder();

    /** Begins one under the title that a browser shows. */
    public HtmlPage(String title) {
        page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\"")
                .append(" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width\">\n");
        element("title", title);
        page.append("<style>\n").append(style()).append("</style>\n</head>\n<body>\n");
    }

    /** Text within an element such as {@code p} or {@code h2}. */
    public HtmlPage element(String name, String text) {
        return element(name, "", text);
    }

    /** Text within an element of a style class. */
    public HtmlPage element(String name, String styleClass, String text) {
        page.append('<').append(name);
        if (!styleClass.isEmpty()) {
            page.append(" class=\"").append(styleClass).append('"');
        }
        page.append('>').append(HtmlText.of(text)).append("</").append(name).append(">\n");
        return this;
    }

    /** Begins a table. */
    public HtmlPage table() {
        return raw("<table>\n");
    }

    /** One row of a table: {@code th} or {@code td} and what its cells hold. */
    public HtmlPage row(String cell, String... values) {
        page.append("<tr>");
        for (String value : values) {
            page.append('<').append(cell).append('>').append(HtmlText.of(value));
            page.append("</").append(cell).append('>');
        }
        return raw("</tr>\n");
    }

    /** Ends a table. */
    public HtmlPage tableEnd() {
        return raw("</table>\n");
    }

    /** Markup, as it stands: what it says of strangers went through {@link HtmlText}. */
    public HtmlPage raw(String markup) {
        page.append(markup);
        return this;
    }

    /** The whole page. */
    public String end() {
        return page + "</body>\n</html>\n";
    }

    private static String style() {
        try (InputStream css = HtmlPage.class.getResourceAsStream(STYLE)) {
            if (css == null) {
                throw new IllegalStateException(STYLE + " is missing from the build");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(STYLE + " cannot be read", e);
        }
    }
}

package dev.millrace.tools.page;

import java.util.List;
import java.util.Locale;

/** Horizontal bars, as inline SVG. */
public final class SvgBars {
    private static final int LABEL = 150;
    private static final int WIDTH = 640;
    private static final int ROW = 20;
    private static final int VALUE = 90;

    private SvgBars() {}

    /**
     * A bar.
     *
     * @param label escaped by this class
     * @param length at least 0, in the unit of the longest
     * @param value what stands behind it
     * @param other whether it is drawn in the second colour
     */
    public record Bar(String label, double length, String value, boolean other) {}

    /** One below the other, the longest as long as there is room for. */
    public static String of(String title, List<Bar> bars) {
        double longest = bars.stream().mapToDouble(Bar::length).max().orElse(0);
        var svg = new StringBuilder();
        svg.append(
                "<svg role=\"img\" aria-label=\"%s\" width=\"%d\" height=\"%d\">\n"
                        .formatted(HtmlText.of(title), WIDTH, ROW * bars.size() + 4));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double length = longest == 0 ? 0 : bar.length / longest * (WIDTH - LABEL - VALUE);
            int top = ROW * i + 2;
            svg.append(text(LABEL - 8, top + 13, "end", bar.label));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n",
                            bar.other ? "other" : "bar",
                            LABEL,
                            top,
                            Math.max(length, bar.length > 0 ? 1 : 0),
                            ROW - 5));
            svg.append(text((int) (LABEL + length + 6), top + 13, "start", bar.value));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String text(int x, int y, String anchor, String text) {
        return "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n"
                .formatted(x, y, anchor, HtmlText.of(text));
    }
}

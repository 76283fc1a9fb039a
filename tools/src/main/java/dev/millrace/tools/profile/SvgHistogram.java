package dev.millrace.tools.profile;

import dev.millrace.tools.page.HtmlText;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** How often which latency was seen: six bars to a decade, from 1 µs to 100 s. */
final class SvgHistogram {
    private static final int DECADES = 8;
    private static final int BARS_PER_DECADE = 6;
    private static final int BAR = 10;
    private static final int HEIGHT = 60;
    private static final int AXIS = 16;
    private static final String[] DECADE = {
        "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"
    };

    private SvgHistogram() {}

    static String of(String title, Histogram nanos) {
        long[] counts = counts(nanos);
        long most = 1;
        for (long count : counts) {
            most = Math.max(most, count);
        }
        var svg = new StringBuilder();
        svg.append(
                "<svg role=\"img\" aria-label=\"%s\" width=\"%d\" height=\"%d\">\n"
                        .formatted(HtmlText.of(title), BAR * counts.length, HEIGHT + AXIS));
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                double height = Math.max(1, (double) counts[i] / most * HEIGHT);
                svg.append(
                        String.format(
                                Locale.ROOT,
                                "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%d\""
                                        + " height=\"%.1f\"><title>%d</title></rect>\n",
                                BAR * i,
                                HEIGHT - height,
                                BAR - 1,
                                height,
                                counts[i]));
            }
        }
        for (int i = 0; i < DECADES; i++) {
            svg.append(
                    "<text x=\"%d\" y=\"%d\">%s</text>\n"
                            .formatted(BAR * BARS_PER_DECADE * i, HEIGHT + AXIS - 3, DECADE[i]));
        }
        return svg.append("</svg>\n").toString();
    }

    private static long[] counts(Histogram nanos) {
        long[] counts = new long[DECADES * BARS_PER_DECADE];
        for (var value : nanos.recordedValues()) {
            double decades = Math.log10(Math.max(1, value.getValueIteratedTo()) / 1e3);
            int bar = (int) Math.floor(decades * BARS_PER_DECADE);
            counts[Math.clamp(bar, 0, counts.length - 1)] += value.getCountAtValueIteratedTo();
        }
        return counts;
    }
}

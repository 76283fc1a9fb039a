package dev.millrace.tools.profile;

import dev.millrace.tools.page.HtmlText;
import java.util.List;
import java.util.Locale;

/** The lives of the slowest requests, one below the other, divided into stages. */
final class SvgLives {
    private static final int LABEL = 150;
    private static final int WIDTH = 1000;
    private static final int ROW = 20;
    private static final int VALUE = 80;

    private SvgLives() {}

    static String of(Profile profile) {
        List<SlowRequest> slow = profile.slowest();
        double longest = slow.stream().mapToLong(one -> one.request.totalNanos()).max().orElse(1);
        var svg = new StringBuilder();
        svg.append("<svg role=\"img\" aria-label=\"the slowest requests\"")
                .append(" viewBox=\"0 0 %d %d\">\n".formatted(WIDTH, ROW * slow.size() + 4));
        for (int row = 0; row < slow.size(); row++) {
            RequestSample request = slow.get(row).request;
            int top = ROW * row + 2;
            svg.append(text(LABEL - 8, top + 13, "end", request.id()));
            double x = LABEL;
            for (int i = 0; i < profile.stages.size(); i++) {
                double width = request.stageNanos().get(i) / longest * (WIDTH - LABEL - VALUE);
                svg.append(
                        String.format(
                                Locale.ROOT,
                                "<rect class=\"stage%d\" x=\"%.1f\" y=\"%d\" width=\"%.1f\""
                                        + " height=\"%d\"><title>%s %.3f ms</title></rect>\n",
                                i,
                                x,
                                top,
                                width,
                                ROW - 5,
                                HtmlText.of(profile.stages.get(i)),
                                request.stageNanos().get(i) / 1e6));
                x += width;
            }
            String value = String.format(Locale.ROOT, "%.1f ms", request.totalNanos() / 1e6);
            svg.append(text((int) x + 6, top + 13, "start", value));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String text(int x, int y, String anchor, String text) {
        return "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n"
                .formatted(x, y, anchor, HtmlText.of(text));
    }
}

package dev.millrace.tools.profile;

import dev.millrace.tools.page.HtmlPage;
import dev.millrace.tools.page.HtmlText;

/** A profile as one page. */
final class ProfileHtml {
    private ProfileHtml() {}

    static String of(Profile profile) {
        var page = new HtmlPage("Profile of " + profile.source);
        page.element("h1", "Where the time went");
        page.element("p", ProfileText.title(profile));
        stages(profile, page);
        page.element("h2", "The slowest requests");
        legend(profile, page);
        page.raw(SvgLives.of(profile));
        page.element("p", "What they waited for, in ms:");
        page.table().row("th", "request", "model", "status", "tokens", "total", "");
        for (SlowRequest slow : profile.slowest()) {
            RequestSample request = slow.request;
            page.row(
                    "td",
                    request.id(),
                    request.model(),
                    request.status(),
                    request.promptTokens() + " + " + request.completionTokens(),
                    "%.1f".formatted(request.totalNanos() / 1e6),
                    String.join(", ", slow.waits()));
        }
        page.tableEnd();
        page.element("h2", "Lanes");
        profile.lanes.values().forEach(lane -> page.element("p", lane.line()));
        page.element("h2", "Journal and refusals");
        profile.appends.lines().forEach(line -> page.element("p", line));
        ProfileText.refusals(profile).forEach(line -> page.element("p", line));
        page.element("h2", "Pauses of the JVM");
        ProfileText.pauses(profile).forEach(line -> page.element("p", line));
        threads(profile, page);
        return page.end();
    }

    private static void stages(Profile profile, HtmlPage page) {
        page.element("h2", "Stages, in ms").table().row("th", ProfileText.HEAD);
        for (int i = 0; i < profile.stages.size(); i++) {
            page.row("td", ProfileText.stage(profile, i));
        }
        page.row("td", ProfileText.total("total", profile.totalNanos));
        page.row("td", ProfileText.total("first token", profile.firstTokenNanos)).tableEnd();
        for (int i = 0; i < profile.stages.size(); i++) {
            page.element("h3", profile.stages.get(i));
            page.raw(SvgHistogram.of(profile.stages.get(i), profile.stageNanos.get(i)));
        }
        page.element("h3", "total").raw(SvgHistogram.of("total", profile.totalNanos));
    }

    private static void legend(Profile profile, HtmlPage page) {
        page.raw("<p>");
        for (int i = 0; i < profile.stages.size(); i++) {
            page.raw("<span class=\"key stage%d\"></span> ".formatted(i))
                    .raw(HtmlText.of(profile.stages.get(i)))
                    .raw(" ");
        }
        page.raw("</p>\n");
    }

    private static void threads(Profile profile, HtmlPage page) {
        page.element("h2", "Methods that threads were seen in");
        if (profile.methods.threads().isEmpty()) {
            page.element("p", "The source holds no samples of methods.");
            return;
        }
        page.table().row("th", "thread", "samples", "most often in");
        for (HotMethods.ThreadSamples thread : profile.methods.threads()) {
            page.row(
                    "td",
                    thread.name(),
                    "" + thread.samples(),
                    String.join(", ", thread.methods()));
        }
        page.tableEnd();
    }
}

package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.page.HtmlText;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page is made of what strangers sent and of what a model said. */
class WhatIfPageTest {
    private static final String HOSTILE = "</pre><script src=\"//evil.example/x.js\">\u202e'&amp;";

    @TempDir Path folder;

    @Test
    void shouldHoldNothingThatABrowserWouldRunOrLoad() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 1);
        RecordedRequest request =
                RecordedRun.of(journal).getFirst().requests().values().iterator().next();
        request.model = HOSTILE;
        var compared =
                new Compared(
                        request,
                        Outcome.DIVERGED,
                        HOSTILE,
                        false,
                        1,
                        3,
                        0.5,
                        12,
                        10,
                        null,
                        new Timing(0),
                        null,
                        new Timing(0));
        var report =
                new WhatIfReport(
                        HOSTILE,
                        HOSTILE,
                        List.of(compared),
                        List.of(),
                        List.of(new WhatIfReport.Different(compared, "Emma" + HOSTILE, HOSTILE)),
                        List.of(HOSTILE),
                        1,
                        10,
                        5);

        String page = WhatIfHtml.of(report);

        assertThat(page).contains("&lt;script src=").contains("\\u{202e}&#39;&amp;amp;");
        assertThat(page).doesNotContain("<script").doesNotContain("\u202e");
        // Without the escaped text there is no address, and no element or attribute that loads.
        assertThat(page).doesNotContainPattern("(?i)https?://|url\\(|@import|<link|<img|<iframe");
        assertThat(page).doesNotContainPattern("(?i)<[^>]*\\s(src|href|on\\w+)\\s*=");
        assertThat(page).contains("default-src 'none'");
    }

    @Test
    void shouldShortenLongTexts() {
        assertThat(HtmlText.shortened("<".repeat(HtmlText.SHOWN + 1)))
                .isEqualTo("&lt;".repeat(HtmlText.SHOWN) + "\u2026");
    }
}

package dev.millrace.tools.replay;

import dev.millrace.tools.load.Percentiles;

/** Percentiles in columns. */
final class TimesTable {
    static final String HEADINGS =
            "  %-22s %10s %10s %10s".formatted("ms, from when due", "p50", "p90", "p99");

    private TimesTable() {}

    static String row(String what, String of, Percentiles times) {
        return "  %-12s %-9s %10.2f %10.2f %10.2f"
                .formatted(what, of, times.p50(), times.p90(), times.p99());
    }
}

package dev.millrace.tools.profile;

import java.io.PrintWriter;

/** What {@code profile live} draws: a line above, a line and a bar for each stage. One thread. */
final class LiveTable {
    private static final String CLEAR = "\u001b[H\u001b[2J";
    private static final int BAR = 30;

    private final PrintWriter out;
    private final boolean clear;

    /**
     * @param clear whether each drawing takes the place of the one before
     */
    LiveTable(PrintWriter out, boolean clear) {
        this.out = out;
        this.clear = clear;
    }

    /** Begins a drawing. */
    void begin(String above, String first, String second, String third) {
        if (clear) {
            out.print(CLEAR);
        }
        out.println(above);
        out.println("%-14s %10s %10s %10s   ms".formatted("stage", first, second, third));
    }

    /**
     * @param share of the whole, from 0 to 1
     */
    void stage(String name, double first, double second, double third, double share) {
        out.println(
                "%-14s %10.3f %10.3f %10.3f   %s"
                        .formatted(
                                name,
                                first,
                                second,
                                third,
                                "#".repeat(Math.clamp(Math.round(share * BAR), 0, BAR))));
    }

    void line(String line) {
        out.println(line);
    }

    void end() {
        out.println();
        out.flush();
    }
}

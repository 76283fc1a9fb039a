package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import java.util.ArrayList;
import java.util.List;

/** What a request for text has gathered. Reused. */
final class TextAnswer {
    private static final int KEPT_RUNS = 4;

    /** The members that every chunk of the answer begins with. */
    final GrowingBytes head = new GrowingBytes(256);

    private final List<TextRun> runs = new ArrayList<>();

    void begin(RequestContext context) {
        while (runs.size() < context.runs) {
            runs.add(new TextRun());
        }
        for (int i = 0; i < context.runs; i++) {
            runs.get(i).begin();
        }
        head.clear();
    }

    /** Lets go of what is large. */
    void end() {
        if (runs.size() > KEPT_RUNS) {
            runs.subList(KEPT_RUNS, runs.size()).clear();
        }
        runs.forEach(TextRun::clear);
    }

    TextRun run(int index) {
        return runs.get(index);
    }
}

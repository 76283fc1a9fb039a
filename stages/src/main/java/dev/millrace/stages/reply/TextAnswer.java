package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.util.ArrayList;
import java.util.List;

/** What a request for text has gathered. Reused. */
final class TextAnswer {
    /** The members that every chunk of the answer begins with. */
    final GrowingBytes head = new GrowingBytes(256);

    private final List<TextRun> runs = new ArrayList<>();

    void begin(RequestContext context, OpenAiExchange exchange) {
        StopStrings stops =
                exchange.stopStrings().isEmpty()
                        ? StopStrings.NONE
                        : new StopStrings(exchange.stopStrings());
        while (runs.size() < context.runs) {
            runs.add(new TextRun());
        }
        for (int i = 0; i < context.runs; i++) {
            runs.get(i).begin(stops);
        }
        head.clear();
    }

    TextRun run(int index) {
        return runs.get(index);
    }
}

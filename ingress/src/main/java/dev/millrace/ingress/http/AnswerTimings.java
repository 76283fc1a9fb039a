package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import java.util.Locale;

/**
 * What each stage took, as headers of an answer, for a client that sends {@code x-timings: true}:
 * {@code Server-Timing} (W3C), and {@code x-queue-time} with its like under the names of Hugging
 * Face's Text Embeddings Inference, in milliseconds. A stream's head leaves with its first token,
 * and says what was known then.
 *
 * <p>Captured by the reply thread, while the stamps are the request's; applied by the I/O thread.
 */
final class AnswerTimings {
    static final HttpString ASKED = HttpString.tryFromString("x-timings");

    private static final HttpString SERVER_TIMING = HttpString.tryFromString("server-timing");
    private static final HttpString TOTAL = HttpString.tryFromString("x-total-time");
    private static final HttpString TOKENIZATION = HttpString.tryFromString("x-tokenization-time");
    private static final HttpString QUEUE = HttpString.tryFromString("x-queue-time");
    private static final HttpString INFERENCE = HttpString.tryFromString("x-inference-time");

    private final String stages;
    private final String total;
    private final String tokenization;
    private final String queue;
    private final String inference;

    AnswerTimings(Stamps stamps) {
        var line = new StringBuilder();
        for (int i = 0; i < Stamps.PARTITION.size(); i++) {
            Stage stage = Stamps.PARTITION.get(i);
            if (stamps.doneNanos(stage) != 0) {
                line.append(line.isEmpty() ? "" : ", ")
                        .append(stage.label())
                        .append(";dur=")
                        .append(millis(stamps.durationNanos(i)));
            }
        }
        stages = line.toString();
        total = millis(stamps.totalNanos());
        tokenization = of(stamps, Stage.DECODE);
        queue = of(stamps, Stage.QUEUE);
        inference = of(stamps, Stage.INFER);
    }

    private static String of(Stamps stamps, Stage stage) {
        return stamps.doneNanos(stage) == 0 ? "" : millis(stamps.durationNanos(stage));
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }

    void applyTo(HeaderMap headers) {
        put(headers, SERVER_TIMING, stages);
        put(headers, TOTAL, total);
        put(headers, TOKENIZATION, tokenization);
        put(headers, QUEUE, queue);
        put(headers, INFERENCE, inference);
    }

    private static void put(HeaderMap headers, HttpString name, String value) {
        if (!value.isEmpty()) {
            headers.put(name, value);
        }
    }
}

package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.ingress.aeron.client.AnswerHandler;
import dev.millrace.ingress.aeron.client.MillraceClient;
import java.time.Duration;
import org.agrona.DirectBuffer;
import org.awaitility.Awaitility;

/** What an Aeron client was told of one request. */
final class HeardAnswer implements AnswerHandler {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** 0 until there is an answer; 200, or why not. */
    int status;

    int calls;
    int inferenceHeaderLength = -1;
    int retryAfterMillis;
    byte[] bytes = {};
    String body = "";

    @Override
    public void onAnswer(
            long id, DirectBuffer answer, int offset, int length, int inferenceHeaderLength) {
        this.inferenceHeaderLength = inferenceHeaderLength;
        take(200, answer, offset, length);
    }

    @Override
    public void onRefused(
            long id, int status, int retryAfterMillis, DirectBuffer error, int offset, int length) {
        this.retryAfterMillis = retryAfterMillis;
        take(status, error, offset, length);
    }

    private void take(int status, DirectBuffer from, int offset, int length) {
        calls++;
        this.status = status;
        bytes = new byte[length];
        from.getBytes(offset, bytes);
        body = new String(bytes, UTF_8);
    }

    /** Polls until there is an answer. */
    void await(MillraceClient client) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInSameThread()
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    client.poll();
                    return calls > 0;
                });
    }
}

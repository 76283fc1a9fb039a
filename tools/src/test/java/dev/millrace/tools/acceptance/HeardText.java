package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.ingress.aeron.client.EventText;
import dev.millrace.ingress.aeron.client.MillraceClient;
import dev.millrace.ingress.aeron.client.TokenHandler;
import java.time.Duration;
import org.agrona.DirectBuffer;
import org.awaitility.Awaitility;

/** What an Aeron client was told of one stream. */
final class HeardText implements TokenHandler {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final StringBuilder text = new StringBuilder();
    int tokens;

    /** The latest event, or a whole answer. */
    byte[] last = {};

    boolean ended;

    /** Why there is no more; 0 where nothing went wrong. */
    int status;

    String error = "";

    @Override
    public void onToken(long id, DirectBuffer event, int offset, int length) {
        tokens++;
        last = new byte[length];
        event.getBytes(offset, last);
        text.append(EventText.of(event, offset, length));
    }

    @Override
    public void onEnd(long id) {
        ended = true;
    }

    @Override
    public void onRefused(
            long id, int status, int retryAfterMillis, DirectBuffer error, int offset, int length) {
        this.status = status;
        byte[] bytes = new byte[length];
        error.getBytes(offset, bytes);
        this.error = new String(bytes, UTF_8);
        ended = true;
    }

    String text() {
        return text.toString();
    }

    /** Polls until the text is over. */
    void await(MillraceClient client) {
        awaitTokens(client, Integer.MAX_VALUE);
    }

    /** Polls until there are that many events, or the text is over. */
    void awaitTokens(MillraceClient client, int count) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInSameThread()
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    client.poll();
                    return ended || tokens >= count;
                });
    }
}

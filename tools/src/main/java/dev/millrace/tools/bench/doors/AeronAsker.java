package dev.millrace.tools.bench.doors;

import dev.millrace.ingress.aeron.client.AnswerHandler;
import dev.millrace.ingress.aeron.client.CallOptions;
import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.ingress.aeron.client.MillraceClient;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The project's own client, polled until the answer is there. */
final class AeronAsker implements Asker, AnswerHandler {
    private final String name;
    private final MillraceClient client;
    private final String model;
    private final UnsafeBuffer body;
    private boolean answered;

    AeronAsker(String name, ClientOptions options, String model, byte[] body) {
        this.name = name;
        this.model = model;
        this.body = new UnsafeBuffer(body);
        client = MillraceClient.connect(options);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // The stages go first where CPUs are few.
    public void ask() {
        answered = false;
        while (client.infer(model, body, 0, body.capacity(), -1, CallOptions.NONE, this) < 0) {
            client.poll();
        }
        while (!answered) {
            if (client.poll() == 0) {
                Thread.yield();
            }
        }
    }

    @Override
    public void onAnswer(
            long id, DirectBuffer answer, int offset, int length, int inferenceHeaderLength) {
        answered = true;
    }

    @Override
    public void onRefused(
            long id, int status, int retryAfterMillis, DirectBuffer error, int offset, int length) {
        byte[] bytes = new byte[length];
        error.getBytes(offset, bytes);
        throw new IllegalStateException(
                name + ": " + status + " " + new String(bytes, StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        client.close();
    }
}

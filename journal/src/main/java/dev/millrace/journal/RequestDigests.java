package dev.millrace.journal;

import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What requests and the keys they name are known by; one thread. */
final class RequestDigests {
    private final Sha256 sha256 = new Sha256();
    private final byte[] chunk = new byte[8 << 10];
    private final byte[] result = new byte[Sha256.BYTES];
    private final UnsafeBuffer view = new UnsafeBuffer(result);
    private final byte[] number = new byte[Long.BYTES];
    private final UnsafeBuffer numberView = new UnsafeBuffer(number);

    /** A caller's {@code Idempotency-Key}, {@code length} bytes at {@code offset}. */
    Digest128 key(long callerId, DirectBuffer from, int offset, int length) {
        add(callerId);
        add(from, offset, length);
        return end();
    }

    /** All that a request's answer depends on, its body as SHA-256, and who asks. */
    Digest128 request(
            long callerId,
            Route route,
            @Nullable String pathModel,
            @Nullable String pathVersion,
            int inferenceHeaderLength,
            byte[] bodySha256) {
        add(callerId);
        add(RecordCodes.of(route));
        add(pathModel);
        add(pathVersion);
        add(inferenceHeaderLength);
        sha256.add(bodySha256, 0, bodySha256.length);
        return end();
    }

    private void add(long value) {
        numberView.putLong(0, value);
        sha256.add(number, 0, number.length);
    }

    private void add(@Nullable String text) {
        if (text == null) {
            add(-1);
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        add(bytes.length);
        sha256.add(bytes, 0, bytes.length);
    }

    private void add(DirectBuffer from, int offset, int length) {
        for (int at = 0; at < length; at += chunk.length) {
            int bytes = Math.min(chunk.length, length - at);
            from.getBytes(offset + at, chunk, 0, bytes);
            sha256.add(chunk, 0, bytes);
        }
    }

    private Digest128 end() {
        sha256.end(result);
        return new Digest128(view.getLong(0), view.getLong(Long.BYTES));
    }
}

package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HeadLinesTest {
    private static final byte[] NAME = HeadLines.name("x-wanted");

    @Test
    void shouldFindAHeaderWhereverItStands() {
        for (int before = 0; before < 40; before++) {
            String head =
                    "POST /v1 HTTP/1.1\r\nother: "
                            + "\u008d".repeat(before)
                            + "\r\nx-wanted: yes\r\nx-wanted: no\r\n";
            assertThat(text(head)).as("%d characters before", before).isEqualTo("yes");
        }
    }

    @Test
    void shouldNotFindWhatOnlyLooksLikeIt() {
        assertThat(text("GET /?x-wanted: no HTTP/1.1\r\nother: x-wanted: no\r\n")).isNull();
        assertThat(text("")).isNull();
        assertThat(text("x-wanted:")).isNull();
    }

    @Test
    void shouldEndALineAtItsReturnOrAtTheEnd() {
        var random = new SplittableRandom(7);
        for (int i = 0; i < 10_000; i++) {
            byte[] head = new byte[random.nextInt(60)];
            random.nextBytes(head);
            int from = random.nextInt(head.length + 1);
            int expected = from;
            while (expected < head.length && head[expected] != '\r') {
                expected++;
            }
            assertThat(HeadLines.end(new UnsafeBuffer(head), head.length, from))
                    .isEqualTo(expected);
        }
    }

    private static @Nullable String text(String head) {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        return HeadLines.text(new UnsafeBuffer(bytes), bytes.length, NAME);
    }
}

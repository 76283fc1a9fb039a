package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TokenLogprobsTest {
    @Test
    void shouldPutEntriesBehindTheIdsOneAfterTheOther() {
        var payload = new UnsafeBuffer(new byte[TokenLogprobs.bytes(2, 1)]);
        payload.putInt(0, 11);
        payload.putInt(4, 12);
        int first = TokenLogprobs.entry(2, 1, 0);
        int second = TokenLogprobs.entry(2, 1, 1);
        TokenLogprobs.put(payload, first, -0.5f, 1);
        TokenLogprobs.putTop(payload, first, 0, 11, -0.5f);
        TokenLogprobs.put(payload, second, -2f, 7);
        TokenLogprobs.putTop(payload, second, 0, TokenLogprobs.NONE, 0f);

        var expected = new UnsafeBuffer(new byte[8 + 2 * 16]);
        int at = 0;
        for (Number cell : new Number[] {11, 12, -0.5f, 1, 11, -0.5f, -2f, 7, -1, 0f}) {
            int bits = cell instanceof Float f ? Float.floatToIntBits(f) : cell.intValue();
            expected.putInt(at, bits, ByteOrder.LITTLE_ENDIAN);
            at += 4;
        }
        assertThat(payload).isEqualTo(expected);
        assertThat(TokenLogprobs.logprob(payload, second)).isEqualTo(-2f);
        assertThat(TokenLogprobs.rank(payload, second)).isEqualTo(7);
        assertThat(TokenLogprobs.topId(payload, first, 0)).isEqualTo(11);
        assertThat(TokenLogprobs.topLogprob(payload, first, 0)).isEqualTo(-0.5f);
    }

    @Test
    void shouldTakeFourBytesPerTokenWithoutLogprobs() {
        assertThat(TokenLogprobs.bytes(3, -1)).isEqualTo(12);
        assertThat(TokenLogprobs.bytes(3, 0)).isEqualTo(12 + 3 * 8);
        assertThat(TokenLogprobs.bytes(3, 20)).isEqualTo(12 + 3 * (8 + 20 * 8));
    }
}

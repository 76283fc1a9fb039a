package dev.millrace.stages.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamPositionTest {
    @Test
    void shouldReadWhatAnEventSays() {
        StreamPosition position =
                Objects.requireNonNull(StreamPosition.read("1ac0cae540000000-12.7e-9f3b2c1d"));

        assertThat(position.answerId()).isEqualTo(0x1ac0cae540000000L);
        assertThat(position.choices()).isEqualTo(2);
        assertThat(position.tokens(0)).isEqualTo(12);
        assertThat(position.ended(0)).isFalse();
        assertThat(position.tokens(1)).isEqualTo(7);
        assertThat(position.ended(1)).isTrue();
        assertThat(position.sum()).isEqualTo(0x9f3b2c1d);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "7",
                "1ac0cae540000000",
                "1ac0cae540000000-1",
                "1ac0cae540000000--00000000",
                "1ac0cae540000000-1.-00000000",
                "1ac0cae540000000-1234567890-00000000",
                "1ac0cae540000000-e-00000000",
                "1AC0CAE540000000-1-00000000",
                "1ac0cae540000000-0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0-00000000",
            })
    void shouldReadNothingElse(String text) {
        assertThat(StreamPosition.read(text)).isNull();
    }

    @Test
    void shouldSumOtherTokensToAnotherSum() {
        StreamPosition one = StreamPosition.begin(1, 2);
        StreamPosition swapped = StreamPosition.begin(1, 2);
        StreamPosition otherChoice = StreamPosition.begin(1, 2);

        one.add(0, 5);
        one.add(0, 6);
        swapped.add(0, 6);
        swapped.add(0, 5);
        otherChoice.add(1, 5);
        otherChoice.add(1, 6);

        assertThat(one.sum()).isNotEqualTo(swapped.sum()).isNotEqualTo(otherChoice.sum());
        assertThat(one.tokens(0)).isEqualTo(2);
        assertThat(one.tokens(1)).isZero();
    }
}

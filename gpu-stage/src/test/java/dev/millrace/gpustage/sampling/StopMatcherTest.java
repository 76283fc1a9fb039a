package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopMatcherTest {
    @Test
    void shouldFindAStopAcrossTokens() {
        StopMatcher matcher = matcher("END");
        assertThat(matcher.accept(bytes("the E"))).isZero();
        assertThat(matcher.heldBytes()).isEqualTo(1);
        assertThat(matcher.accept(bytes("N"))).isZero();
        assertThat(matcher.heldBytes()).isEqualTo(2);
        assertThat(matcher.accept(bytes("D of"))).as("the stop and what follows it").isEqualTo(6);
    }

    @Test
    void shouldTakeTheFirstStopAndOfThoseThatEndTogetherTheLongest() {
        assertThat(matcher("later", "now").accept(bytes("now and later"))).isEqualTo(13);
        assertThat(matcher("b", "ab", "aab").accept(bytes("xaab"))).isEqualTo(3);
    }

    @Test
    void shouldHoldNothingBackOnceAPrefixFails() {
        StopMatcher matcher = matcher("abcabd");
        matcher.accept(bytes("abcab"));
        assertThat(matcher.heldBytes()).isEqualTo(5);
        matcher.accept(bytes("c"));
        assertThat(matcher.heldBytes()).as("abc may begin it again").isEqualTo(3);
        matcher.accept(bytes("x"));
        assertThat(matcher.heldBytes()).isZero();
    }

    @Test
    void shouldMatchInsideACodePoint() {
        byte[] text = bytes("né");
        StopMatcher matcher = matcher("é");
        assertThat(matcher.accept(new byte[] {text[0], text[1]})).isZero();
        assertThat(matcher.accept(new byte[] {text[2]})).isEqualTo(2);
    }

    @Test
    void shouldAgreeWithIndexOfOnRandomTexts() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            String text = word(random, 24);
            String stop = word(random, 4);
            StopMatcher matcher = matcher(stop);
            int found = -1;
            int taken = 0;
            while (taken < text.length() && found < 0) {
                int next = Math.min(text.length(), taken + 1 + random.nextInt(4));
                int hidden = matcher.accept(bytes(text.substring(taken, next)));
                taken = next;
                found = hidden > 0 ? taken - hidden : -1;
                if (found < 0) {
                    String rest = text.substring(taken - matcher.heldBytes(), taken);
                    assertThat(stop).startsWith(rest);
                }
            }
            assertThat(found).as("%s in %s", stop, text).isEqualTo(text.indexOf(stop));
        }
    }

    private static String word(Random random, int most) {
        StringBuilder word = new StringBuilder();
        int length = 1 + random.nextInt(most);
        for (int i = 0; i < length; i++) {
            word.append((char) ('a' + random.nextInt(2)));
        }
        return word.toString();
    }

    private static StopMatcher matcher(String... stops) {
        byte[][] bytes = new byte[stops.length][];
        for (int i = 0; i < stops.length; i++) {
            bytes[i] = bytes(stops[i]);
        }
        return new StopMatcher(bytes);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

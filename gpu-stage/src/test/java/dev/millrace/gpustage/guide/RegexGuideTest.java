package dev.millrace.gpustage.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.StructuredOutput.Kind;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexGuideTest {
    private static final Vocabulary BYTES = Vocabulary.bytesAndSome();
    private static final String ALPHABET = "ab01-_ \n\"é€😀";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a|b",
                "(ab)*",
                "[ab]+0?",
                "[^a]",
                "[^a-z0-9]*",
                ".",
                ".{2,3}",
                "\\d{2}",
                "\\w+\\s\\w*",
                "\\W\\D\\S",
                "(a|b0){1,2}é*",
                "[é-€]+",
                "a{0}",
                "a{3,}",
                "(?:a|)(b|)",
                "(?<name>a)b",
                "a*?b+?",
                "^ab$",
                "[\\d_-]*",
                "[-a]",
                "\\x61\\u00e9",
                "\\\"\\.?",
                "😀+",
                "[\\s\\S]",
                "a||b",
                "",
                "((a*)*b)*",
                "(a|ab)(0|b0)",
                "[^\\W\\d]",
                "x{2",
                "{"
            })
    void shouldMatchWhatJavaMatches(String pattern) {
        Guide guide = BYTES.compile(Kind.REGEX, pattern);
        Pattern java =
                Pattern.compile(
                        pattern.equals("{") || pattern.equals("x{2")
                                ? Pattern.quote(pattern)
                                : pattern);
        Random random = new Random(pattern.hashCode());
        for (int i = 0; i < 3_000; i++) {
            String text = word(random, 6);
            assertThat(accepts(guide, text))
                    .as("%s on %s", pattern, text)
                    .isEqualTo(java.matcher(text).matches());
        }
    }

    @Test
    void shouldMatchWhatJavaMatchesForRandomPatterns() {
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            String pattern = pattern(random, 3);
            Guide guide = BYTES.compile(Kind.REGEX, pattern);
            Pattern java = Pattern.compile(pattern);
            for (int k = 0; k < 100; k++) {
                String text = word(random, 5);
                assertThat(accepts(guide, text))
                        .as("%s on %s", pattern, text)
                        .isEqualTo(java.matcher(text).matches());
            }
            String written =
                    new Driver(BYTES, random, List.of("a", "b", "0", "-", "é")).write(guide, 20);
            assertThat(java.matcher(written).matches()).as("%s on %s", pattern, written).isTrue();
        }
    }

    @Test
    void shouldLetOnlyWholeCharactersEnd() {
        Guide guide = BYTES.compile(Kind.REGEX, ".*");
        GuideState state = guide.start();
        assertThat(state.isComplete()).isTrue();
        assertThat(state.accept(0xE2)).isTrue();
        assertThat(state.isComplete()).as("inside a character").isFalse();
        assertThat(state.allows('a')).isFalse();
        assertThat(state.accept(0x82)).isTrue();
        assertThat(state.accept(0xAC)).isTrue();
        assertThat(state.isComplete()).isTrue();
        assertThat(state.allows(0xC0)).as("no character begins so").isFalse();
        assertThat(state.allows(0xFF)).isFalse();
    }

    @Test
    void shouldAllowNothingButTheEndWhereNothingMayFollow() {
        GuideState state = BYTES.compile(Kind.CHOICE, "[\"abc\",\"ab\"]").start();
        assertThat(Driver.ids(state.allowed())).containsExactly((int) 'a', idOf("abc"));
        assertThat(state.accept('a')).isTrue();
        assertThat(Driver.ids(state.allowed())).containsExactly((int) 'b');
        assertThat(state.accept('b')).isTrue();
        assertThat(state.isComplete()).isTrue();
        assertThat(state.isFinished()).isFalse();
        assertThat(Driver.ids(state.allowed())).containsExactly((int) 'c', BYTES.endId());
        assertThat(state.accept('c')).isTrue();
        assertThat(state.isFinished()).isTrue();
        assertThat(Driver.ids(state.allowed())).containsExactly(BYTES.endId());
    }

    @Test
    void shouldStayWhereItIsWhenATokenIsRefused() {
        GuideState state = BYTES.compile(Kind.REGEX, "abc").start();
        assertThat(state.accept('b')).isFalse();
        assertThat(state.accept(-1)).isFalse();
        assertThat(state.accept(BYTES.tokens().length)).isFalse();
        assertThat(state.accept(BYTES.endId())).isFalse();
        assertThat(state.accept(idOf("abc"))).isTrue();
        assertThat(state.accept(BYTES.endId())).isTrue();
    }

    @Test
    void shouldTakeDraftsBack() {
        Guide guide = BYTES.compile(Kind.REGEX, "(ab)+");
        GuideState taken = guide.start();
        GuideState draft = guide.start();
        taken.accept('a');
        draft.copyFrom(taken);
        assertThat(draft.accept('b')).isTrue();
        assertThat(draft.isComplete()).isTrue();
        draft.copyFrom(taken);
        assertThat(draft.isComplete()).isFalse();
        assertThat(Driver.ids(draft.allowed())).containsExactly((int) 'b');
    }

    private static int idOf(String text) {
        return BYTES.encode(text, true).getFirst();
    }

    private static boolean accepts(Guide guide, String text) {
        boolean single = Driver.accepts(guide, BYTES.encode(text, false));
        assertThat(Driver.accepts(guide, BYTES.encode(text, true)))
                .as("however the text is cut into tokens")
                .isEqualTo(single);
        return single;
    }

    private static String word(Random random, int most) {
        int[] points = ALPHABET.codePoints().toArray();
        int length = random.nextInt(most + 1);
        var word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            // The first letters more often: patterns are of them.
            word.appendCodePoint(points[random.nextInt(random.nextBoolean() ? 3 : points.length)]);
        }
        return word.toString();
    }

    private static String pattern(Random random, int depth) {
        String[] atoms = {"a", "b", "0", "é", "[ab]", "[^a]", ".", "\\d", "\\w", "[é-😀]", "-"};
        if (depth == 0 || random.nextInt(5) == 0) {
            return atoms[random.nextInt(atoms.length)];
        }
        String inside = pattern(random, depth - 1);
        return switch (random.nextInt(6)) {
            case 0 -> inside + pattern(random, depth - 1);
            case 1 -> "(" + inside + "|" + pattern(random, depth - 1) + ")";
            case 2 -> "(" + inside + ")*";
            case 3 -> "(?:" + inside + ")?";
            case 4 -> "(" + inside + "){1,3}";
            default -> "(" + inside + ")+" + pattern(random, depth - 1);
        };
    }
}

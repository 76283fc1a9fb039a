package dev.millrace.gpustage.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Stands for a model: chooses among the tokens that a guide allows. */
final class Driver {
    /** Tokens with which JSON ends, the best first. */
    static final List<String> JSON = List.of("\"", "}", "]", "0", "null", ",", "a", ".", "@", "\\");

    /** The steps after which a text that still goes on never ends. */
    private static final int MAX_STEPS = 20_000;

    private final Vocabulary vocabulary;
    private final Random random;
    private final List<String> ending;

    /**
     * Chooses at random.
     *
     * @param ending tokens that lead to an end, the best first
     */
    Driver(Vocabulary vocabulary, Random random, List<String> ending) {
        this.vocabulary = vocabulary;
        this.random = random;
        this.ending = ending;
    }

    /**
     * A text that the guide led to. After {@code patience} tokens, ends as soon as it may, and
     * prefers tokens that lead there.
     */
    String write(Guide guide, int patience) {
        GuideState state = guide.start();
        var bytes = new ByteArrayOutputStream();
        for (int step = 0; step < MAX_STEPS; step++) {
            if (state.isFinished() || (step >= patience && state.isComplete())) {
                return text(bytes.toByteArray());
            }
            int token = choose(state, step >= patience);
            if (token == vocabulary.endId()) {
                assertThat(state.isComplete()).isTrue();
                return text(bytes.toByteArray());
            }
            assertThat(state.accept(token)).isTrue();
            bytes.writeBytes(vocabulary.tokens()[token]);
        }
        throw new AssertionError("never ends: " + bytes.toString(StandardCharsets.UTF_8));
    }

    private int choose(GuideState state, boolean hurry) {
        List<Integer> allowed = ids(state.allowed());
        assertThat(allowed).as("a way on").isNotEmpty();
        if (hurry) {
            List<Integer> ways =
                    ending.stream()
                            .flatMap(text -> allowed.stream().filter(id -> is(id, text)))
                            .toList();
            int luck = random.nextInt(10);
            if (!ways.isEmpty() && luck > 0) {
                return ways.get(luck > 4 ? 0 : random.nextInt(ways.size()));
            }
        }
        return allowed.get(random.nextInt(allowed.size()));
    }

    private boolean is(int id, String text) {
        return new String(vocabulary.tokens()[id], StandardCharsets.UTF_8).equals(text);
    }

    static List<Integer> ids(long[] mask) {
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < 64 * mask.length; id++) {
            if ((mask[id >> 6] >>> id & 1) != 0) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** The text of bytes that must be UTF-8. */
    static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8", e);
        }
    }

    /** Whether the guide leads through a text to an end. */
    static boolean accepts(Guide guide, List<Integer> tokens) {
        GuideState state = guide.start();
        for (int token : tokens) {
            if (!state.accept(token)) {
                return false;
            }
        }
        return state.isComplete();
    }
}

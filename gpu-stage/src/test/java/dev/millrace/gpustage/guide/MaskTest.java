package dev.millrace.gpustage.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.StructuredOutput.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A mask holds exactly the tokens whose bytes the automaton reads. */
class MaskTest {
    private static final String TREE =
            """
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{
            "v":{"type":"integer"},"kids":{"type":"array","items":{"$ref":"#/$defs/node"}}},
            "required":["kids"]}}}\
            """;

    static Stream<Arguments> guides() {
        return Stream.of(Vocabulary.bytesAndSome(), Vocabulary.austen())
                .flatMap(vocabulary ->
                        Stream.of(
                                Arguments.of(vocabulary, Kind.JSON_OBJECT, ""),
                                Arguments.of(vocabulary, Kind.JSON_SCHEMA, "true"),
                                Arguments.of(vocabulary, Kind.JSON_SCHEMA, TREE),
                                Arguments.of(
                                        vocabulary,
                                        Kind.JSON_SCHEMA,
                                        "{\"type\":\"string\",\"maxLength\":40}"),
                                Arguments.of(vocabulary, Kind.REGEX, "(a|.{3,9}é)*\\d"),
                                Arguments.of(vocabulary, Kind.CHOICE, "[\"a\",\"abc\",\"{}\"]")));
    }

    @ParameterizedTest
    @MethodSource("guides")
    void shouldHoldWhatAWalkOfEveryTokenFinds(Vocabulary vocabulary, Kind kind, String source) {
        Guide guide = vocabulary.compile(kind, source);
        Random random = new Random(3);
        for (int text = 0; text < 40; text++) {
            GuideState state = guide.start();
            List<Integer> taken = new ArrayList<>();
            for (int step = 0; step < 40; step++) {
                List<Integer> allowed = Driver.ids(state.allowed());
                assertThat(allowed).isEqualTo(walked(vocabulary, guide, taken));
                if (allowed.isEmpty() || allowed.equals(List.of(vocabulary.endId()))) {
                    break;
                }
                int token = allowed.get(random.nextInt(allowed.size()));
                if (token != vocabulary.endId()) {
                    assertThat(state.accept(token)).isTrue();
                    taken.add(token);
                }
            }
        }
    }

    @Test
    void shouldBeSharedOnlyByStatesThatAllowTheSame() {
        Vocabulary vocabulary = Vocabulary.austen();
        Guide guide = vocabulary.compile(Kind.REGEX, "[a-z]{0,25}( [A-Z]?[^é]{2,40}é){1,2}\\.");
        assertThat(guide.masks.count()).isLessThan(guide.dfa.states());
        for (int state = 0; state < guide.dfa.states(); state++) {
            TokenMasks.Mask mask = guide.masks.of(state);
            var ids = new TreeSet<Integer>();
            IntStream.of(mask.tokens()).forEach(ids::add);
            if (mask.dense() != null) {
                ids.addAll(Driver.ids(mask.dense()));
            }
            assertThat(ids).isEqualTo(readFrom(state, guide.dfa, vocabulary));
        }
    }

    private static Set<Integer> readFrom(int start, Dfa dfa, Vocabulary vocabulary) {
        var ids = new TreeSet<Integer>();
        for (int id = 0; id < vocabulary.tokens().length; id++) {
            int state = start;
            for (byte b : vocabulary.tokens()[id]) {
                state = state < 0 ? state : dfa.next(state, b);
            }
            if (state >= 0 && vocabulary.tokens()[id].length > 0) {
                ids.add(id);
            }
        }
        return ids;
    }

    /** Reads the whole text again, and each token behind it, byte by byte. */
    private static List<Integer> walked(Vocabulary vocabulary, Guide guide, List<Integer> taken) {
        var before = new Walk(guide.dfa);
        taken.forEach(id -> assertThat(before.read(vocabulary.tokens()[id])).isTrue());
        List<Integer> found = new ArrayList<>();
        var walk = new Walk(guide.dfa);
        for (int id = 0; id < vocabulary.tokens().length; id++) {
            byte[] bytes = vocabulary.tokens()[id];
            walk.copyFrom(before);
            if (id == vocabulary.endId()
                    ? guide.dfa.accepts(before.state())
                    : bytes.length > 0 && walk.read(bytes)) {
                found.add(id);
            }
        }
        return found;
    }
}

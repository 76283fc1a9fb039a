package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeltaDebuggingTest {
    @Test
    void shouldFindWhateverFewAreNeeded() {
        var random = new Random(7);
        for (int round = 0; round < 200; round++) {
            int size = 1 + random.nextInt(120);
            Set<Integer> needed = new TreeSet<>();
            for (int i = 0; i <= random.nextInt(4); i++) {
                needed.add(random.nextInt(size));
            }
            var search = new DeltaDebugging<Integer>(part -> part.containsAll(needed));

            List<Integer> found = search.smallest(IntStream.range(0, size).boxed().toList());

            assertThat(found).containsExactlyElementsOf(needed);
        }
    }

    @Test
    void shouldAskFarLessOftenThanThereAreParts() {
        var search = new DeltaDebugging<Integer>(part -> part.contains(3) && part.contains(170));

        assertThat(search.smallest(IntStream.range(0, 200).boxed().toList()))
                .containsExactly(3, 170);
        assertThat(search.tries()).isLessThan(100);
    }
}

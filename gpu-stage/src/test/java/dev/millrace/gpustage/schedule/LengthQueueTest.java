package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LengthQueueTest {
    private record Waiting(int tokens, long dueNanos, int arrival) implements LengthQueue.Text {
        @Override
        public int rows() {
            return 1;
        }

        @Override
        public int batchKey() {
            return 0;
        }
    }

    private final List<Waiting> batch = new ArrayList<>();

    @Test
    void shouldJoinTextsOfLikeLength() {
        LengthQueue<Waiting> queue = queue(8, 1000, 20, 100, 24, 22, 110);
        assertThat(take(queue)).containsExactly(20, 22, 24);
        assertThat(take(queue)).containsExactly(100, 110);
        assertThat(take(queue)).isEmpty();
        assertThat(queue.nanosUntilDue(0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldCountPaddingInTheTokenBudget() {
        assertThat(take(queue(8, 60, 10, 20, 20))).containsExactly(10, 20, 20);
        assertThat(take(queue(8, 59, 10, 20, 20))).containsExactly(10, 20);
    }

    @Test
    void shouldTakeTheNearestInLengthWhereNotAllFit() {
        assertThat(take(queue(3, 1000, 30, 20, 29, 33, 40))).containsExactly(29, 30, 33);
    }

    @Test
    void shouldTakeATextThatIsLongerThanTheBudgetAlone() {
        LengthQueue<Waiting> queue = queue(8, 64, 100, 99, 60);
        assertThat(take(queue)).containsExactly(100);
    }

    @Test
    void shouldWaitForCompanyUntilATextIsDue() {
        LengthQueue<Waiting> queue = new LengthQueue<>(8, 1000, List.of());
        queue.add(new Waiting(10, 900, 0));
        queue.add(new Waiting(12, 500, 1));
        queue.take(499, false, batch);
        assertThat(batch).isEmpty();
        assertThat(queue.nanosUntilDue(499)).isEqualTo(1);
        queue.take(500, false, batch);
        assertThat(batch).hasSize(2);
    }

    @Test
    void shouldNotWaitWhereEnoughIsThereToFillABatch() {
        assertThat(takenEarly(new LengthQueue<>(2, 1000, List.of()))).isEqualTo(2);
        assertThat(takenEarly(new LengthQueue<>(8, 20, List.of()))).isEqualTo(2);
        assertThat(takenEarly(new LengthQueue<>(8, 1000, List.of(2)))).isEqualTo(2);
        assertThat(takenEarly(new LengthQueue<>(8, 1000, List.of(3)))).isZero();
    }

    private int takenEarly(LengthQueue<Waiting> queue) {
        queue.add(new Waiting(10, 500, 0));
        queue.add(new Waiting(10, 500, 1));
        queue.take(0, false, batch);
        return batch.size();
    }

    @Test
    void shouldWaitForNothingWhenFlushed() {
        LengthQueue<Waiting> queue = new LengthQueue<>(8, 1000, List.of());
        queue.add(new Waiting(10, 500, 0));
        queue.take(0, true, batch);
        assertThat(batch).hasSize(1);
    }

    @Test
    void shouldLetAShortTextWaitForOneBatchOfLongOnes() {
        LengthQueue<Waiting> queue = new LengthQueue<>(4, 1000, List.of());
        for (int i = 0; i < 40; i++) {
            queue.add(new Waiting(250, -100, i));
        }
        assertThat(take(queue)).containsOnly(250);
        queue.add(new Waiting(8, 0, 40));
        assertThat(take(queue)).containsExactly(8);
    }

    @Test
    void shouldNotStarveALongTextAmongShortOnes() {
        LengthQueue<Waiting> queue = new LengthQueue<>(4, 1000, List.of());
        queue.add(new Waiting(250, -5, 0));
        int batches = 0;
        do {
            for (int i = 0; i < 8; i++) {
                queue.add(new Waiting(8, -1, ++batches));
            }
        } while (!take(queue).contains(250));
        assertThat(batches).isLessThanOrEqualTo(16);
    }

    @Test
    void shouldTakeEachTextOnceWithinItsBoundsAndWithinTwiceItsTurn() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int maxRows = 1 + random.nextInt(8);
            int maxTokens = 1 + random.nextInt(400);
            int count = 1 + random.nextInt(60);
            LengthQueue<Waiting> queue = new LengthQueue<>(maxRows, maxTokens, List.of());
            for (int i = 0; i < count; i++) {
                queue.add(new Waiting(1 + random.nextInt(128), i - 1000, i));
            }
            List<Waiting> taken = new ArrayList<>();
            for (int batches = 1; queue.size() > 0; batches++) {
                queue.take(0, false, batch);
                assertThat(batch).hasSizeBetween(1, maxRows);
                int longest = batch.getLast().tokens();
                assertThat(batch.size() == 1 || batch.size() * longest <= maxTokens).isTrue();
                assertThat(batch.getFirst().tokens() * 2).isGreaterThanOrEqualTo(longest);
                taken.addAll(batch);
                int turns = (batches + 1) / 2;
                assertThat(taken.stream().map(Waiting::arrival).toList())
                        .containsAll(IntStream.range(0, Math.min(turns, count)).boxed().toList());
            }
            assertThat(taken).hasSize(count).doesNotHaveDuplicates();
        }
    }

    private static LengthQueue<Waiting> queue(int maxRows, int maxTokens, int... lengths) {
        LengthQueue<Waiting> queue = new LengthQueue<>(maxRows, maxTokens, List.of());
        for (int i = 0; i < lengths.length; i++) {
            queue.add(new Waiting(lengths[i], i - 1000, i));
        }
        return queue;
    }

    private List<Integer> take(LengthQueue<Waiting> queue) {
        queue.take(0, false, batch);
        return batch.stream().map(Waiting::tokens).toList();
    }
}

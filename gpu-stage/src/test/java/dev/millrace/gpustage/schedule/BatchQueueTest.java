package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchQueueTest {
    private record Waiting(String name, int rows, int batchKey, long dueNanos)
            implements BatchQueue.Item {}

    private final List<Waiting> batch = new ArrayList<>();

    @Test
    void shouldTakeWhatIsThereWithoutDelay() {
        BatchQueue<Waiting> queue = new BatchQueue<>(8, List.of());
        queue.add(new Waiting("a", 1, 0, 100));
        queue.add(new Waiting("b", 2, 0, 101));
        assertThat(names(queue, 100)).containsExactly("a", "b");
        assertThat(queue.size()).isZero();
        assertThat(queue.nanosUntilDue(100)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldWaitForCompanyUntilTheOldestIsDue() {
        BatchQueue<Waiting> queue = new BatchQueue<>(8, List.of());
        queue.add(new Waiting("a", 1, 0, 500));
        queue.add(new Waiting("b", 1, 0, 900));
        assertThat(names(queue, 499)).isEmpty();
        assertThat(queue.nanosUntilDue(499)).isEqualTo(1);
        assertThat(names(queue, 500)).containsExactly("a", "b");
    }

    @Test
    void shouldNotWaitWhenFull() {
        BatchQueue<Waiting> queue = new BatchQueue<>(4, List.of());
        queue.add(new Waiting("a", 3, 0, 500));
        queue.add(new Waiting("b", 1, 0, 500));
        queue.add(new Waiting("c", 1, 0, 500));
        assertThat(names(queue, 0)).containsExactly("a", "b");
        assertThat(names(queue, 0)).isEmpty();
    }

    @Test
    void shouldCloseABatchThatTheNextWouldOverflow() {
        BatchQueue<Waiting> queue = new BatchQueue<>(4, List.of());
        queue.add(new Waiting("a", 3, 0, 500));
        queue.add(new Waiting("b", 2, 0, 500));
        assertThat(names(queue, 0)).containsExactly("a");
    }

    @Test
    void shouldNotWaitAtAPreferredSize() {
        BatchQueue<Waiting> queue = new BatchQueue<>(8, List.of(2, 4));
        queue.add(new Waiting("a", 1, 0, 500));
        assertThat(names(queue, 0)).isEmpty();
        queue.add(new Waiting("b", 1, 0, 500));
        queue.add(new Waiting("c", 1, 0, 500));
        assertThat(names(queue, 0)).containsExactly("a", "b");
        assertThat(names(queue, 0)).isEmpty();
    }

    @Test
    void shouldKeepKeysApartAndTakeTheOldestFirst() {
        BatchQueue<Waiting> queue = new BatchQueue<>(8, List.of());
        queue.add(new Waiting("a", 1, 1, 300));
        queue.add(new Waiting("b", 1, 2, 200));
        queue.add(new Waiting("c", 1, 1, 400));
        assertThat(names(queue, 250)).containsExactly("b");
        assertThat(names(queue, 1000)).containsExactly("a", "c");
    }

    @Test
    void shouldTakeAnItemThatIsLargerThanABatchAlone() {
        BatchQueue<Waiting> queue = new BatchQueue<>(4, List.of());
        queue.add(new Waiting("a", 9, 0, 500));
        queue.add(new Waiting("b", 1, 0, 500));
        assertThat(names(queue, 0)).containsExactly("a");
    }

    @Test
    void shouldWaitForNothingWhenFlushed() {
        BatchQueue<Waiting> queue = new BatchQueue<>(8, List.of());
        queue.add(new Waiting("a", 1, 0, 500));
        queue.take(0, true, batch);
        assertThat(batch).hasSize(1);
    }

    private List<String> names(BatchQueue<Waiting> queue, long now) {
        queue.take(now, false, batch);
        return batch.stream().map(Waiting::name).toList();
    }
}

package dev.millrace.stages.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SettlementsTest {
    @Test
    void shouldHandOverInOrder() {
        Settlements settlements = new Settlements(4);
        assertThat(settlements.offer(7, 10)).isTrue();
        assertThat(settlements.offer(8, 0)).isTrue();
        assertThat(settlements.offer(9, 20)).isTrue();

        List<String> seen = new ArrayList<>();
        settlements.drain((caller, tokens) -> seen.add(caller + ":" + tokens));
        settlements.drain((caller, tokens) -> seen.add("again"));
        assertThat(seen).containsExactly("7:10", "9:20");
    }

    @Test
    void shouldHoldAsManyAsPromisedAndSayWhenFull() {
        for (int capacity : new int[] {1, 2, 3, 4, 5, 1000}) {
            Settlements settlements = new Settlements(capacity);
            for (int i = 0; i < capacity; i++) {
                assertThat(settlements.offer(1, 1)).isTrue();
            }
            int more = 0;
            while (settlements.offer(1, 1)) {
                more++;
            }
            assertThat(more).isLessThanOrEqualTo(capacity + 1);
            settlements.drain((caller, tokens) -> {});
            assertThat(settlements.offer(1, 1)).isTrue();
        }
        assertThatThrownBy(() -> new Settlements(0)).hasMessageContaining("settlements: 0");
    }

    @Test
    @Timeout(30)
    void shouldLoseNothingBetweenTwoThreads() throws InterruptedException {
        Settlements settlements = new Settlements(64);
        long count = 200_000;
        Thread producer =
                Thread.ofPlatform()
                        .start(() -> {
                            for (long i = 1; i <= count; i++) {
                                while (!settlements.offer(i, i)) {
                                    Thread.onSpinWait();
                                    Thread.onSpinWait();
                                }
                            }
                        });
        AtomicLong next = new AtomicLong(1);
        while (next.get() <= count) {
            settlements.drain((caller, tokens) -> {
                assertThat(caller).isEqualTo(tokens).isEqualTo(next.getAndIncrement());
            });
            Thread.onSpinWait();
        }
        producer.join();
    }
}

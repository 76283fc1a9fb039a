package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StepBatchTest {
    private static final int NO_WINDOW = 1 << 20;

    private static final int NO_LIMIT = Integer.MAX_VALUE;

    private StepBatch batch = new StepBatch(64, 8, 4, NO_WINDOW, NO_LIMIT, null);

    @AfterEach
    void close() {
        batch.close();
    }

    /** Blocks of an entry are 100 times its number, plus their place. */
    private void add(int number, int start, int count) {
        batch.beginEntry(start, count);
        for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
            batch.addBlock(100 * number + block);
        }
        for (int i = 0; i < count; i++) {
            batch.addToken(1000 * number + i, i == count - 1);
        }
    }

    private static long[] of(Longs longs) {
        long[] values = new long[longs.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = longs.get(i);
        }
        return values;
    }

    @Test
    void shouldSayWhereEachTokensKeysAndValuesGo() {
        add(1, 3, 3);
        batch.seal();
        assertThat(of(batch.tokenIds())).containsExactly(1000, 1001, 1002);
        assertThat(of(batch.positions())).containsExactly(3, 4, 5);
        assertThat(of(batch.cacheRows())).containsExactly(4 * 100 + 3, 4 * 101, 4 * 101 + 1);
        assertThat(of(batch.logitRows())).containsExactly(2);
        assertThat(of(batch.groups())).containsExactly(0, 1, 3, 2);
        assertThat(of(batch.tables())).containsExactly(100, 101);
        assertThat(of(batch.firstPositions())).containsExactly(0);
    }

    @Test
    void shouldComputeEntriesOfLikeLengthTogetherAndPadTheShorter() {
        add(1, 2, 1);
        add(2, 9, 1);
        batch.seal();
        assertThat(of(batch.groups())).containsExactly(0, 2, 1, 3);
        assertThat(of(batch.tables())).containsExactly(100, 100, 100, 200, 201, 202);
    }

    @Test
    void shouldLeaveApartWhatWouldPadTooMuch() {
        add(1, 2, 1);
        add(2, 2, 1);
        add(3, 40, 1);
        batch.seal();
        assertThat(of(batch.groups())).containsExactly(0, 2, 1, 1, 2, 1, 1, 11);
        assertThat(batch.tables().size()).isEqualTo(2 + 11);
    }

    @Test
    void shouldGatherNoMoreBlocksForAGroupThanToldButOfOneEntryAll() {
        batch.close();
        batch = new StepBatch(64, 8, 4, NO_WINDOW, 5, null);
        add(1, 4, 1);
        add(2, 5, 1);
        add(3, 6, 1);
        add(4, 23, 1);
        batch.seal();
        assertThat(of(batch.groups())).containsExactly(0, 2, 1, 2, 2, 1, 1, 2, 3, 1, 1, 6);
    }

    @Test
    void shouldLeaveApartEntriesOfOtherCounts() {
        add(1, 8, 1);
        add(2, 8, 2);
        add(3, 8, 2);
        batch.seal();
        assertThat(of(batch.groups())).containsExactly(0, 1, 1, 3, 1, 2, 2, 3);
    }

    @Test
    void shouldLeaveOutBlocksThatNoTokenSees() {
        batch.close();
        batch = new StepBatch(64, 8, 4, 5, NO_LIMIT, null);
        add(1, 13, 2);
        batch.seal();
        // Position 13 sees 9 to 13.
        assertThat(of(batch.firstPositions())).containsExactly(8);
        assertThat(of(batch.tables())).containsExactly(102, 103);
        assertThat(of(batch.cacheRows())).containsExactly(4 * 103 + 1, 4 * 103 + 2);
    }

    @Test
    void shouldBeEmptyAgainOnceCleared() {
        add(1, 0, 3);
        batch.seal();
        batch.clear();
        add(2, 0, 1);
        batch.seal();
        assertThat(of(batch.tokenIds())).containsExactly(2000);
        assertThat(of(batch.groups())).containsExactly(0, 1, 1, 1);
        assertThat(of(batch.tables())).containsExactly(200);
        assertThat(of(batch.logitRows())).containsExactly(0);
    }

    @Test
    void shouldHoldNoMoreThanItWasMadeFor() {
        add(1, 0, 60);
        assertThatThrownBy(() -> batch.beginEntry(0, 5))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("64 tokens");
    }
}

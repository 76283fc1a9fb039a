package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BlockPoolTest {
    private static final int NONE = Generation.NO_BLOCK;

    @Test
    void shouldGiveEachBlockOnceAndThenNone() {
        BlockPool pool = new BlockPool(2, 4, true);
        assertThat(pool.take()).isNotEqualTo(pool.take()).isBetween(0, 1);
        assertThat(pool.take()).isEqualTo(NONE);
        assertThat(pool.used()).isEqualTo(2);
        assertThat(pool.free()).isZero();
    }

    @Test
    void shouldKeepABlockUntilItsLastReaderIsGone() {
        BlockPool pool = new BlockPool(1, 4, true);
        int block = pool.take();
        pool.share(block);
        pool.release(block);
        assertThat(pool.used()).isEqualTo(1);
        pool.release(block);
        assertThat(pool.used()).isZero();
        assertThat(pool.free()).isEqualTo(1);
    }

    @Test
    void shouldCountAReleasedPrefixAsCachedAndFree() {
        BlockPool pool = new BlockPool(2, 4, true);
        int block = pool.take();
        pool.publish(block, digest(5), 0);
        assertThat(pool.cached()).isZero();
        pool.release(block);
        assertThat(pool.cached()).isEqualTo(1);
        assertThat(pool.free()).isEqualTo(2);
        assertThat(pool.find(digest(5), 0)).isEqualTo(block);
        pool.share(block);
        assertThat(pool.cached()).isZero();
        assertThat(pool.used()).isEqualTo(1);
    }

    @Test
    void shouldEvictTheLeastRecentlyReleasedPrefixAfterAllBlocksWithoutOne() {
        BlockPool pool = new BlockPool(4, 4, true);
        int[] blocks = {pool.take(), pool.take(), pool.take(), pool.take()};
        pool.publish(blocks[0], digest(0), 0);
        pool.publish(blocks[1], digest(1), 0);
        pool.publish(blocks[2], digest(2), 0);
        pool.release(blocks[1]);
        pool.release(blocks[0]);
        pool.release(blocks[3]);
        pool.release(blocks[2]);
        assertThat(pool.take()).isEqualTo(blocks[3]);
        assertThat(pool.take()).isEqualTo(blocks[1]);
        assertThat(pool.find(digest(1), 0)).isEqualTo(NONE);
        assertThat(pool.find(digest(0), 0)).isEqualTo(blocks[0]);
        pool.share(blocks[0]);
        pool.release(blocks[0]);
        assertThat(pool.take()).as("the other was read since").isEqualTo(blocks[2]);
        assertThat(pool.take()).isEqualTo(blocks[0]);
    }

    @Test
    void shouldFindTheFirstOfTwoBlocksWithEqualContent() {
        BlockPool pool = new BlockPool(2, 4, true);
        int first = pool.take();
        int second = pool.take();
        pool.publish(first, digest(1), 0);
        pool.publish(second, digest(1), 0);
        pool.release(second);
        assertThat(pool.find(digest(1), 0)).isEqualTo(first);
        assertThat(pool.cached()).isZero();
    }

    @Test
    void shouldNoticeABlockThatIsReleasedTooOften() {
        BlockPool pool = new BlockPool(1, 4, true);
        int block = pool.take();
        pool.release(block);
        assertThatThrownBy(() -> pool.release(block))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("block 0");
    }

    @Test
    void shouldRefuseACacheWithoutBlocks() {
        assertThatThrownBy(() -> new BlockPool(0, 16, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 blocks of 16 tokens");
    }

    private static long[] digest(long value) {
        return new long[] {value, 0, 0, value};
    }
}

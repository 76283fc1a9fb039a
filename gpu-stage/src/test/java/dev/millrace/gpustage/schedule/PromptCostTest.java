package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptCostTest {
    @Test
    void shouldCostTwiceWhereAttentionCostsAsMuchAsTheMatrices() {
        var cost = new PromptCost(100, 1000);
        assertThat(cost.cost(10, 0)).isEqualTo(10);
        assertThat(cost.cost(10, 100)).isEqualTo(20);
        assertThat(cost.tokens(64, 0)).isEqualTo(64);
        assertThat(cost.tokens(64, 100)).isEqualTo(32);
    }

    @Test
    void shouldNotRiseBehindTheWindow() {
        var cost = new PromptCost(100, 300);
        assertThat(cost.tokens(64, 300)).isEqualTo(16);
        assertThat(cost.tokens(64, 1 << 20)).isEqualTo(16);
    }

    @Test
    void shouldAlwaysBuyATokenAndNeverMoreThanTheBudget() {
        var cost = new PromptCost(1, Integer.MAX_VALUE);
        assertThat(cost.tokens(1, Integer.MAX_VALUE)).isEqualTo(1);
        for (int budget = 1; budget < 100; budget++) {
            for (int position = 0; position < 100; position += 7) {
                int tokens = cost.tokens(budget, position);
                assertThat(tokens).isBetween(1, budget);
                assertThat(cost.cost(tokens, position)).isGreaterThanOrEqualTo(tokens);
            }
        }
    }

    @Test
    void shouldBeFlatWhereAllCostTheSame() {
        assertThat(PromptCost.FLAT.tokens(64, 12345)).isEqualTo(64);
        assertThat(PromptCost.FLAT.cost(64, 12345)).isEqualTo(64);
    }

    @Test
    void shouldComeFromTheShape() {
        // 768 wide: four square matrices but for fewer key heads, and three to and from 2,048.
        PromptCost cost = PromptCost.of(6_291_456, 768, 2048);
        assertThat(cost).isEqualTo(new PromptCost(819, 2048));
        assertThat(PromptCost.of(1, 1 << 20, 64).evenTokens()).isEqualTo(1);
    }
}

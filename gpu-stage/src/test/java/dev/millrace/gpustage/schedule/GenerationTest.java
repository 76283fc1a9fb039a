package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GenerationTest {
    private final Generation generation = new Generation(new int[] {1, 2, 3}, 3, ScriptedRun.PLAIN);

    @Test
    void shouldDecodeOnceThePromptIsPastAndOneTokenIsPending() {
        assertThat(generation.isDecoding()).isFalse();
        generation.computed(2);
        assertThat(generation.pendingTokens()).isEqualTo(1);
        assertThat(generation.isDecoding()).as("a prompt").isFalse();
        generation.computed(1);
        generation.append(4);
        assertThat(generation.isDecoding()).isTrue();
        generation.append(5);
        assertThat(generation.isDecoding()).as("two tokens at once").isFalse();
    }

    @Test
    void shouldReadThroughToDrafts() {
        generation.draft(new int[] {8, 9, 9}, 2);
        assertThat(generation.draftCount()).isEqualTo(2);
        assertThat(generation.tokenCount()).isEqualTo(3);
        assertThat(generation.token(3)).isEqualTo(8);
        assertThat(generation.token(4)).isEqualTo(9);
    }

    @Test
    void shouldKeepOnlyTheDraftsThatTheCapacityCanUse() {
        generation.draft(new int[] {8, 9, 9}, 3);
        assertThat(generation.draftCount()).isEqualTo(2);
        generation.append(8);
        generation.append(9);
        generation.draft(new int[] {1}, 1);
        assertThat(generation.draftCount()).isZero();
        generation.append(1);
        generation.draft(new int[] {1}, 1);
        assertThat(generation.isFull()).isTrue();
        assertThat(generation.draftCount()).isZero();
    }

    @Test
    void shouldForgetDraftsOnceAStepIsComputed() {
        generation.computed(2);
        generation.draft(new int[] {8, 9}, 2);
        generation.append(7);
        assertThat(generation.token(3)).isEqualTo(7);
        generation.computed(1);
        assertThat(generation.draftCount()).isZero();
    }

    @Test
    void shouldHaveNoBlocksBeforeItRuns() {
        assertThat(generation.blockCount()).isZero();
        assertThat(generation.block(0)).isEqualTo(Generation.NO_BLOCK);
    }

    @Test
    void shouldRefuseAnEmptyPromptAndNoRoom() {
        assertThatThrownBy(() -> new Generation(new int[0], 1, ScriptedRun.PLAIN))
                .hasMessageContaining("prompt of 0 tokens");
        assertThatThrownBy(() -> new Generation(new int[2], 0, ScriptedRun.PLAIN))
                .hasMessageContaining("may add 0");
    }
}

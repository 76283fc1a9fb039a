package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class VectorsTest {
    @Test
    void shouldMeasureTheAngleAndTheLargestDifference() {
        double[] east = {1, 0};

        assertThat(Vectors.between(east, east)).isEqualTo(new Vectors.Distance(0, 0));
        assertThat(Vectors.between(east, new double[] {0, 1}))
                .isEqualTo(new Vectors.Distance(1, 1));
        assertThat(Vectors.between(east, new double[] {-1, 0}))
                .isEqualTo(new Vectors.Distance(2, 2));
        assertThat(Vectors.between(east, new double[] {1, 1}).cosine())
                .isCloseTo(1 - Math.sqrt(0.5), within(1e-12));
    }

    @Test
    void shouldCallAVectorOfZerosFarFromAllOthers() {
        assertThat(Vectors.between(new double[2], new double[] {3, 0}))
                .isEqualTo(new Vectors.Distance(1, 3));
    }
}

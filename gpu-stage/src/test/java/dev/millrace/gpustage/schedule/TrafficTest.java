package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrafficTest {
    /** What must hold whatever arrives and leaves in whatever order. */
    @Test
    void shouldKeepItsPromisesForAnyTraffic() {
        int preempting = 0;
        for (int seed = 0; seed < 150; seed++) {
            Traffic traffic = new Traffic(seed);
            traffic.run(60);
            preempting += traffic.preempted ? 1 : 0;
        }
        assertThat(preempting).as("traffic with preemptions").isGreaterThan(60);
    }

    @Test
    void shouldPlanTheSameForTheSameTraffic() {
        for (int seed = 0; seed < 20; seed++) {
            String once = new Traffic(seed).run(60);
            assertThat(new Traffic(seed).run(60)).isEqualTo(once);
        }
    }
}

package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PagedTrafficTest {
    /** What must hold whatever arrives and leaves in whatever order. */
    @Test
    void shouldKeepItsPromisesForAnyTraffic() {
        int preempting = 0;
        for (int seed = 0; seed < 150; seed++) {
            PagedTraffic traffic = new PagedTraffic(seed);
            traffic.run(60);
            preempting += traffic.preempted ? 1 : 0;
        }
        assertThat(preempting).as("traffic with preemptions").isGreaterThan(60);
    }

    @Test
    void shouldPlanTheSameForTheSameTraffic() {
        for (int seed = 0; seed < 20; seed++) {
            String once = new PagedTraffic(seed).run(60);
            assertThat(new PagedTraffic(seed).run(60)).isEqualTo(once);
        }
    }
}

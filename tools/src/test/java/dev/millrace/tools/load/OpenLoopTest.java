package dev.millrace.tools.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests go out by the schedule, whatever becomes of them. */
class OpenLoopTest {
    private static final long SECOND = 1_000_000_000L;

    /** Stands still but where it is waited for. */
    private static final class ManualClock implements SendClock {
        private long now = 77;

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public void awaitUntil(long nanos) {
            now = Math.max(now, nanos);
        }
    }

    /** Never answers. */
    private static final class Sent implements OpenLoop.Target<Long> {
        private final ManualClock clock;
        private final List<Long> dues = new ArrayList<>();
        private final List<Long> times = new ArrayList<>();
        private int askedForRoom;

        /** Nanoseconds that each send keeps the schedule's thread. */
        private long stall;

        Sent(ManualClock clock) {
            this.clock = clock;
        }

        @Override
        public void awaitRoom() {
            askedForRoom++;
            clock.now += 5;
        }

        @Override
        public void send(Long request, long dueNanos) {
            dues.add(dueNanos - 77);
            times.add(clock.now - 77);
            clock.now += stall;
        }
    }

    private final ManualClock clock = new ManualClock();
    private final Sent sent = new Sent(clock);

    private void run(Speed speed) throws InterruptedException {
        OpenLoop.run(
                List.of(0L, SECOND, SECOND, 10 * SECOND), offset -> offset, speed, clock, sent);
    }

    @Test
    void shouldSendAtTheRecordedSpacingWithoutWaitingForAnyAnswer() throws InterruptedException {
        run(Speed.parse("--speed", "1"));

        assertThat(sent.times).containsExactly(0L, SECOND, SECOND, 10 * SECOND);
        assertThat(sent.dues).isEqualTo(sent.times);
        assertThat(sent.askedForRoom).isZero();
    }

    @Test
    void shouldDivideTheSpacingByTheSpeed() throws InterruptedException {
        run(Speed.parse("--speed", "2.5"));

        assertThat(sent.times).containsExactly(0L, SECOND * 2 / 5, SECOND * 2 / 5, 4 * SECOND);
    }

    @Test
    void shouldKeepTheScheduleWhereTheSenderIsLate() throws InterruptedException {
        sent.stall = 3 * SECOND;

        run(Speed.parse("--speed", "1"));

        assertThat(sent.dues).containsExactly(0L, SECOND, SECOND, 10 * SECOND);
        assertThat(sent.times).containsExactly(0L, 3 * SECOND, 6 * SECOND, 10 * SECOND);
    }

    @Test
    void shouldHaveNoScheduleButRoomAtMaximumSpeed() throws InterruptedException {
        run(Speed.parse("--speed", "max"));

        assertThat(sent.askedForRoom).isEqualTo(4);
        assertThat(sent.dues).containsExactly(5L, 10L, 15L, 20L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "NaN", "fast", "", "1e9", "MAX"})
    void shouldRefuseWhatIsNoSpeed(String text) {
        assertThatThrownBy(() -> Speed.parse("--speed", text))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "--speed: '%s' is not accepted; expected max, or a number from 0.001 to"
                                + " 1000000",
                        text);
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestContext;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Turns of a lane come back from the disk as the lane told them. */
class StepRecordTest {
    @TempDir Path folder;

    private LaneTurn turn(long number, int events, int entries) {
        LaneTurn turn = new LaneTurn();
        turn.begin(3, number, 12_345 + number, number % 2 == 1);
        LaneTurn.Event[] kinds = LaneTurn.Event.values();
        for (int i = 0; i < events; i++) {
            turn.event(kinds[i % kinds.length], 0x1000 + i);
        }
        for (int i = 0; i < entries; i++) {
            turn.entry(0x2000 + i, i % 3, 7 * i, i + 1, i % 2);
        }
        return turn;
    }

    private static void assertSame(LaneTurn read, LaneTurn written) {
        assertThat(read.sameWork(written)).isTrue();
        assertThat(read.lane).isEqualTo(written.lane);
        assertThat(read.number).isEqualTo(written.number);
        assertThat(read.nowNanos).isEqualTo(written.nowNanos);
        assertThat(read.flush).isEqualTo(written.flush);
    }

    @Test
    void shouldKeepTurnsOfEverySizeWhole() {
        int[] sizes = {0, 1, 2, 64, 65, 1000, 5000};
        try (Run run = new Run(folder)) {
            for (int i = 0; i < sizes.length; i++) {
                assertThat(run.turns.append(turn(i, sizes[i], sizes[i] / 2))).isTrue();
                assertThat(run.turns.append(turn(i, sizes[i] / 2, sizes[i]))).isTrue();
            }
        }
        LaneTurn read = new LaneTurn();
        try (JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            for (int i = 0; i < sizes.length; i++) {
                for (LaneTurn written :
                        new LaneTurn[] {
                            turn(i, sizes[i], sizes[i] / 2), turn(i, sizes[i] / 2, sizes[i])
                        }) {
                    assertThat(reader.next()).isTrue();
                    assertThat(reader.record().requestId()).isZero();
                    StepRecord.of(reader.record()).copyTo(read);
                    assertSame(read, written);
                }
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.damage()).isNull();
        }
    }

    @Test
    void shouldSayThatATurnCouldNotBePutOnRecord() throws Exception {
        try (Run run = new Run(folder)) {
            // More than a record of the smallest block may hold.
            assertThat(run.turns.append(turn(0, 0, 100_000))).isFalse();
            RequestContext context = run.request("after", "{}");
            run.step(1, context, 4);
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.next()).isTrue();
            assertThat(reader.record().type()).isEqualTo(RecordType.GAP);
            assertThat(reader.next()).isTrue();
            assertThat(reader.record().type()).isEqualTo(RecordType.INGRESS);
            assertThat(reader.next()).isTrue();
            StepRecord step = StepRecord.of(reader.record());
            assertThat(step.number()).isEqualTo(1);
            assertThat(step.entryCount()).isEqualTo(1);
            assertThatThrownBy(() -> step.count(1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> step.event(-1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> DecisionRecord.of(reader.record()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldRefuseFieldsThatNoLaneCanHaveWritten() throws Exception {
        try (Run run = new Run(folder)) {
            assertThat(run.turns.append(turn(0, 1, 1))).isTrue();
        }
        byte[] sound;
        try (JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.next()).isTrue();
            sound = reader.record().copy(0, reader.record().length());
        }
        assertThat(problem(sound, JournalRecord.REQUEST_ID_OFFSET))
                .isEqualTo("STEP of request 00000000ffffffff");
        int part = JournalRecord.HEADER_BYTES;
        assertThat(problem(sound, part)).contains("lane -1");
        assertThat(problem(sound, part + 4)).contains("flags 0xffffffff");
        assertThat(problem(sound, part + 24)).contains("-1 events and 1 entries");
        assertThat(problem(sound, part + 28)).contains("1 events and -1 entries");
        assertThat(problem(sound, part + 40)).isEqualTo("unknown event -1");
        for (int field = 0; field < 4; field++) {
            assertThat(problem(sound, part + 52 + 4 * field)).contains("entry 0 of STEP: run ");
        }
    }

    /** What is found wrong where -1 stands at an offset under a checksum that is right. */
    private static @Nullable String problem(byte[] sound, int offset) {
        byte[] bytes = sound.clone();
        Frames.fields(bytes).putInt(offset, -1);
        Frames.withRecordChecksum(bytes);
        return new JournalRecord().wrap(bytes, 0, bytes.length);
    }
}

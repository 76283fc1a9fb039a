package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records that are told by what differs from the record of their type before. */
class RecordDifferenceTest {
    private final FrameBuilder builder = new FrameBuilder();
    private final RecordOrder order = new RecordOrder(() -> 1, () -> 1);

    private final List<byte[]> parts = new ArrayList<>();

    private void add(RecordType type, byte[] part, int composed) {
        builder.scratch().putBytes(JournalRecord.HEADER_BYTES, part, 0, composed);
        UnsafeBuffer bulk = new UnsafeBuffer(part, composed, part.length - composed);
        int composedEnd = JournalRecord.HEADER_BYTES + composed;
        long request = type == RecordType.GAP ? 0 : parts.size();
        builder.add(type, 0, request, composedEnd, bulk, part.length - composed);
        parts.add(part);
    }

    private byte[] sealed() {
        builder.hash();
        return Arrays.copyOf(builder.seal(order), builder.length());
    }

    /** Every record's part, whatever it means. */
    private static List<byte[]> read(byte[] frame) {
        List<byte[]> read = new ArrayList<>();
        RecordDifference before = new RecordDifference();
        before.clear();
        int at = JournalFrame.HEADER_BYTES;
        while (at < frame.length - JournalFrame.TRAILER_BYTES) {
            JournalRecord record = new JournalRecord();
            assertThat(record.bytesProblem(frame, at, frame.length - at)).isNull();
            record.read(frame, at, before);
            read.add(record.copy(JournalRecord.HEADER_BYTES, record.partBytes()));
            at += record.length();
        }
        return read;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldGiveBackEveryPartAsItWas(int seed) {
        Random random = new Random(seed);
        RecordType[] types = {RecordType.INGRESS, RecordType.DECISION, RecordType.CANCEL};
        byte[] like = new byte[1000];
        random.nextBytes(like);
        for (int i = 0; i < 300; i++) {
            int length = random.nextInt(4) > 0 ? 100 + random.nextInt(8) : random.nextInt(1000);
            byte[] part = Arrays.copyOf(like, length);
            for (int change = random.nextInt(6); change > 0 && length > 0; change--) {
                part[random.nextInt(length)] = (byte) random.nextInt();
            }
            add(types[random.nextInt(types.length)], part, random.nextInt(length + 1));
        }
        int whole = parts.stream().mapToInt(part -> JournalRecord.lengthOf(part.length)).sum();
        assertThat(builder.recordBytes()).isLessThan(whole / 4 * 3);
        assertThat(read(sealed())).usingElementComparator(Arrays::compare).isEqualTo(parts);
    }

    @Test
    void shouldTellOnlyWhatDiffers() {
        byte[] first = new byte[260];
        Arrays.fill(first, (byte) 'a');
        byte[] second = first.clone();
        second[17] = 'b';
        second[259] = 'c';
        add(RecordType.INGRESS, first, 160);
        int before = builder.recordBytes();
        add(RecordType.INGRESS, second, 160);
        // A head, the length and the mask, and two words.
        assertThat(builder.recordBytes() - before).isEqualTo(24 + 8 + 16);
        assertThat(read(sealed())).usingElementComparator(Arrays::compare).isEqualTo(parts);
    }

    @Test
    void shouldBeginAnewWithEveryFrame() {
        byte[] part = new byte[64];
        add(RecordType.INGRESS, part, 64);
        int alone = builder.recordBytes();
        add(RecordType.INGRESS, part, 64);
        assertThat(builder.recordBytes()).isLessThan(2 * alone);
        builder.clear();
        add(RecordType.INGRESS, part, 64);
        assertThat(builder.recordBytes()).isEqualTo(alone);
    }

    @Test
    void shouldNotRememberWhatAFrameBeforeHeld() {
        byte[] longer = new byte[200];
        Arrays.fill(longer, (byte) 1);
        add(RecordType.INGRESS, longer, 200);
        builder.clear();
        parts.clear();
        add(RecordType.INGRESS, new byte[8], 8);
        add(RecordType.INGRESS, new byte[200], 200);
        assertThat(read(sealed())).usingElementComparator(Arrays::compare).isEqualTo(parts);
    }

    /** A frame of two GAP records, the second of which says what it is told to. */
    private @Nullable String problem(int layout, byte[] difference) {
        byte[] gap = new byte[16];
        // Records that are missing.
        gap[0] = 3;
        add(RecordType.GAP, gap, gap.length);
        add(RecordType.GAP, difference, difference.length);
        byte[] frame = sealed();
        frame[4] = (byte) layout;
        int second = JournalFrame.HEADER_BYTES + JournalRecord.lengthOf(gap.length);
        frame[second + JournalRecord.FLAGS_OFFSET] = JournalRecord.DIFFERS;
        Frames.withChecksums(frame);
        JournalFrame view = new JournalFrame();
        assertThat(view.headerProblem(frame, 0, frame.length)).isNull();
        view.wrap(frame, 0, frame.length, frame.length);
        assertThat(view.next()).isTrue();
        return view.next() ? null : view.problem();
    }

    private static byte[] difference(int length, long mask, long... words) {
        byte[] bytes = new byte[8 * (1 + words.length)];
        ByteBuffer fields = Frames.fields(bytes);
        fields.putLong(mask << 16 | length);
        for (long word : words) {
            fields.putLong(word);
        }
        return bytes;
    }

    @Test
    void shouldReadADifference() {
        assertThat(problem(4, difference(16, 1, 9))).isNull();
    }

    @Test
    void shouldRefuseAWordBehindTheLength() {
        assertThat(problem(4, difference(16, 4, 9))).contains("GAP: a difference of 16 bytes");
    }

    @Test
    void shouldRefuseFewerWordsThanAreAnnounced() {
        assertThat(problem(4, difference(16, 3, 9))).contains("GAP: a difference of 16 bytes");
    }

    @Test
    void shouldRefuseMoreThanIsAnnounced() {
        assertThat(problem(4, difference(16, 1, 9, 9))).contains("GAP: a difference of 24 bytes");
    }

    @Test
    void shouldRefuseALengthOfNothingAndOneThatNoneHas() {
        assertThat(problem(4, difference(0, 0))).contains("for 0, words 0x0");
    }

    @Test
    void shouldRefuseALengthBeyondTheMost() {
        assertThat(problem(4, difference(385, 0))).contains("for 385, words 0x0");
    }

    @Test
    void shouldRefuseOneWithoutAHead() {
        assertThat(problem(4, new byte[4])).isEqualTo("GAP: a difference of 4 bytes");
    }

    @Test
    void shouldRefuseADifferenceInLayout3() {
        assertThat(problem(3, difference(16, 1, 9))).isEqualTo("flags 0x4 on GAP");
    }

    @Test
    void shouldRefuseADifferenceFromNothing() {
        add(RecordType.GAP, difference(16, 1, 9), 16);
        byte[] frame = sealed();
        frame[JournalFrame.HEADER_BYTES + JournalRecord.FLAGS_OFFSET] = JournalRecord.DIFFERS;
        Frames.withChecksums(frame);
        JournalFrame view = new JournalFrame();
        view.wrap(frame, 0, frame.length, frame.length);
        assertThat(view.next()).isFalse();
        assertThat(view.problem()).isEqualTo("GAP differs from one that is not in its frame");
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records and files from strangers: anything may be refused, nothing may be believed. */
class JournalFuzzTest {
    private static final int RECORD_ITERATIONS = 50_000;
    private static final int FILE_ITERATIONS = 300;

    @TempDir Path folder;

    private Path file = Path.of("");

    private List<byte[]> seeds() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{\"prompt\":\"It is a truth\"}");
            context.model = Run.MODEL;
            run.decision(context, slot -> slot.lane = 0);
            run.step(0, context, 5);
            run.prompt(context, 1, 2);
            run.digested(context, 9, 0xC0FFEE);
            run.tokens(context, false, 1, 2, 3);
            run.reply(ReplySlot.Kind.EMBEDDING, context, 16, slot -> slot.count = 4);
            run.reply(ReplySlot.Kind.TENSOR, context, 8, slot -> slot.count = 8);
            run.cancel(context);
            run.failure(context, RequestStatus.CANCELLED, "gone");
            run.tokens(run.request("b", "{}"), true, 4);
        }
        List<byte[]> seeds = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                file = reader.file();
                seeds.add(reader.record().copy(0, reader.record().length()));
            }
        }
        return seeds;
    }

    @Test
    void shouldReadNothingOutsideARecordThatPassesItsChecks() throws Exception {
        List<byte[]> seeds = seeds();
        Random random = new Random(20261122);
        int sound = 0;
        for (int i = 0; i < RECORD_ITERATIONS; i++) {
            byte[] bytes = mutate(seeds.get(random.nextInt(seeds.size())).clone(), random);
            JournalRecord record = new JournalRecord();
            if (record.wrap(bytes, 0, bytes.length) == null) {
                sound++;
                FuzzedRecord.readAll(record);
            }
        }
        // The checksum was made right again, so that the checks behind it were reached.
        assertThat(sound).isBetween(RECORD_ITERATIONS / 100, RECORD_ITERATIONS);
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int[] interesting = {0, 1, -1, 127, 255, 0xFFFF, Integer.MAX_VALUE, Integer.MIN_VALUE};
        for (int change = random.nextInt(4); change >= 0; change--) {
            int at = random.nextInt(bytes.length - 4);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> buffer.putInt(at, interesting[random.nextInt(interesting.length)]);
                default -> buffer.putShort(at, (short) random.nextInt(200));
            }
        }
        return Frames.withRecordChecksum(bytes);
    }

    @Test
    void shouldOpenAnyFileWithoutAnException() throws Exception {
        seeds();
        byte[] whole = Files.readAllBytes(file);
        byte[] small = Arrays.copyOf(whole, 70_000);
        Random random = new Random(7);
        for (int i = 0; i < FILE_ITERATIONS; i++) {
            byte[] bytes = small.clone();
            for (int change = 0; change < 8; change++) {
                int region = random.nextBoolean() ? 256 : bytes.length;
                bytes[random.nextInt(region)] = (byte) random.nextInt();
                bytes[bytes.length - 1 - random.nextInt(4500)] = (byte) random.nextInt();
            }
            Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            JournalVerifier.Report report = JournalVerifier.verify(folder, List.of("x"));
            assertThat(report.records()).isLessThanOrEqualTo(13);
            assertThat(report.missing()).containsExactly("x");
            assertThat(JournalStats.of(folder).requests()).isEqualTo(report.requests());
        }
    }
}

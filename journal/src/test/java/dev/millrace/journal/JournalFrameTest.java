package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Route;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many records in one append. */
class JournalFrameTest {
    private static final int REQUESTS = 3;

    @TempDir Path folder;

    private final List<String> kinds = new ArrayList<>();
    private final List<Long> positions = new ArrayList<>();
    private final List<Integer> lengths = new ArrayList<>();
    private Path file = Path.of("");
    private long frame;
    private @Nullable JournalDamage damage;

    /** A batch as a thread sees it that runs journal and decisions: slot by slot, both. */
    private static List<RequestSlot> batch(Run run, String body) throws Exception {
        Recorder.RequestHandlers handlers = run.journal.requestHandlers(true);
        List<RequestSlot> slots = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            RequestSlot slot = run.rings.requestPublisher().slot(i);
            RequestContext context = run.context(Route.OPENAI_CHAT, "r" + i);
            slot.reset(RequestSlot.Kind.REQUEST, context);
            assertThat(slot.body.reserve(body.length(), run.rings.requestBuffers(), 1)).isTrue();
            slot.body.buffer().putStringWithoutLengthAscii(0, body);
            slot.body.length(body.length());
            handlers.requests().onEvent(slot, i, i == REQUESTS - 1);
            handlers.decisions().onEvent(slot, i, i == REQUESTS - 1);
            slot.body.release();
            slots.add(slot);
        }
        return slots;
    }

    private int read() {
        kinds.clear();
        positions.clear();
        lengths.clear();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                kinds.add(reader.record().type() + " " + reader.record().recordIndex());
                positions.add(reader.position());
                lengths.add(reader.record().length());
                file = reader.file();
                frame = reader.framePosition();
            }
            damage = reader.damage();
        }
        return kinds.size();
    }

    @Test
    void shouldAppendABatchAsOneFrameInTheOrderOfItsRecords() throws Exception {
        try (Run run = new Run(folder)) {
            long records = run.counters.get(Counter.JOURNAL_RECORDS);
            batch(run, "{}");
            assertThat(run.counters.get(Counter.JOURNAL_RECORDS)).isEqualTo(records + 6);
        }
        assertThat(read()).isEqualTo(7);
        assertThat(kinds)
                .containsExactly(
                        "ENVIRONMENT 0",
                        "INGRESS 1",
                        "DECISION 2",
                        "INGRESS 3",
                        "DECISION 4",
                        "INGRESS 5",
                        "DECISION 6");
        assertThat(Frames.fields(Frames.read(file, frame)).getInt(12)).isEqualTo(6);
        assertThat(damage).isNull();
        assertThat(JournalVerifier.verify(folder, List.of()).sound()).isTrue();
    }

    @Test
    void shouldAppendARepliesBatchAsOneFrame() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            for (int i = 0; i < 10; i++) {
                long sequence =
                        run.rings
                                .replyPublisher()
                                .open(ReplySlot.Kind.EMBEDDING, context, Float.BYTES);
                ReplySlot slot = run.rings.replyPublisher().slot(sequence);
                slot.count = 1;
                slot.index = i;
                run.rings.replyPublisher().publish(sequence);
                run.replies.onEvent(slot, sequence, i == 9);
            }
        }
        assertThat(read()).isEqualTo(12);
        assertThat(Frames.fields(Frames.read(file, frame)).getInt(12)).isEqualTo(10);
    }

    @Test
    void shouldNameTheRecordInWhichABitIsOther() throws Exception {
        try (Run run = new Run(folder)) {
            batch(run, "{}");
        }
        read();
        List<Long> from = List.copyOf(positions);
        List<Integer> bytes = List.copyOf(lengths);
        List<String> names = List.copyOf(kinds);
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 1; i < from.size(); i++) {
                for (long at = from.get(i); at < from.get(i) + bytes.get(i); at++) {
                    flip(open, at);
                    assertThat(read()).as("byte %d", at).isEqualTo(i);
                    JournalDamage found = Objects.requireNonNull(damage);
                    assertThat(found.position()).isEqualTo(from.get(i));
                    assertThat(found.recordIndex()).isEqualTo(i);
                    if (at - from.get(i) != JournalRecord.TYPE_OFFSET) {
                        assertThat(names.get(i)).startsWith(found.what().replaceAll("[ :].*", ""));
                    }
                    flip(open, at);
                }
            }
        }
        assertThat(read()).isEqualTo(7);
    }

    private static void flip(RandomAccessFile file, long at) throws IOException {
        file.seek(at);
        int whole = file.read();
        file.seek(at);
        file.write(whole ^ 4);
    }

    @Test
    void shouldReadTheRecordsOfAFrameUpToTheCut() throws Exception {
        try (Run run = new Run(folder)) {
            batch(run, "{}");
        }
        read();
        List<Long> from = List.copyOf(positions);
        List<Integer> bytes = List.copyOf(lengths);
        long end = from.getLast() + bytes.getLast() + Frames.TRAILER;
        long begin = frame + 4;
        for (long cut = end - 1; cut > begin; cut--) {
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.setLength(cut);
            }
            int whole = 1;
            while (whole < 7 && from.get(whole) + bytes.get(whole) <= cut) {
                whole++;
            }
            assertThat(read()).as("cut at %d", cut).isEqualTo(whole);
            assertThat(Objects.requireNonNull(damage).what()).startsWith("file ends within");
        }
    }

    @Test
    void shouldRefuseEveryRequestOfABatchThatIsNotOnRecord() throws Exception {
        try (Run run = new Run(folder)) {
            run.full = true;
            assertThat(batch(run, "{}")).allMatch(slot -> slot.journalFailed);
            run.full = false;
            assertThat(batch(run, "{}")).noneMatch(slot -> slot.journalFailed);
        }
        read();
        assertThat(kinds).hasSize(8).contains("GAP 1");
    }

    @Test
    void shouldNotGatherWithoutABound() throws Exception {
        try (Run run = new Run(folder)) {
            batch(run, "x".repeat(40_000));
        }
        assertThat(read()).isEqualTo(7);
        assertThat(Frames.fields(Frames.read(file, frame)).getInt(12)).isLessThan(6);
        assertThat(damage).isNull();
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.JournalConfig;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Route;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One total order, whoever appends, across files and runs. */
class JournalOrderTest {
    @TempDir Path folder;

    @Test
    void shouldGiveTwoAppendingThreadsOneTotalOrder() throws Exception {
        int count = 20_000;
        try (Run run = new Run(folder)) {
            RequestContext answered = run.context(Route.OPENAI_CHAT, "answered");
            try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
                Future<?> in =
                        threads.submit(() -> {
                            for (int i = 0; i < count; i++) {
                                run.request("r" + i, "{}");
                            }
                            return null;
                        });
                Future<?> out =
                        threads.submit(() -> {
                            for (int i = 0; i < count; i++) {
                                run.tokens(answered, i == count - 1, i);
                            }
                            return null;
                        });
                in.get();
                out.get();
            } catch (ExecutionException e) {
                throw new AssertionError("an appender failed", e);
            }
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            long index = 0;
            long clock = 0;
            int requests = 0;
            int tokens = 0;
            while (reader.next()) {
                JournalRecord record = reader.record();
                assertThat(record.recordIndex()).isEqualTo(index++);
                assertThat(record.clockNanos()).isGreaterThan(clock);
                clock = record.clockNanos();
                if (record.type() == RecordType.INGRESS) {
                    assertThat(IngressRecord.of(record).clientRequestId())
                            .isEqualTo("r" + requests++);
                } else if (record.type() == RecordType.OUTPUT_TOKENS) {
                    assertThat(TokensRecord.of(record).id(0)).isEqualTo(tokens++);
                }
            }
            assertThat(reader.damage()).isNull();
            assertThat(requests).isEqualTo(count);
            assertThat(tokens).isEqualTo(count);
        }
    }

    @Test
    void shouldReadWhatTheQueuesOwnTailerReads() throws Exception {
        try (Run run = new Run(folder)) {
            for (int i = 0; i < 500; i++) {
                run.tokens(run.request("r" + i, "x".repeat(37 * i)), true, i);
            }
        }
        List<byte[]> ours = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                ours.add(Frames.read(reader.file(), reader.framePosition()));
            }
        }
        List<byte[]> theirs = new ArrayList<>();
        try (SingleChronicleQueue queue =
                        SingleChronicleQueueBuilder.binary(folder)
                                .rollCycle(RollCycles.FAST_HOURLY)
                                .readOnly(true)
                                .build();
                ExcerptTailer tailer = queue.createTailer()) {
            while (true) {
                try (DocumentContext document = tailer.readingDocument()) {
                    var wire = document.wire();
                    if (!document.isPresent() || wire == null) {
                        break;
                    }
                    byte[] bytes = new byte[Math.toIntExact(wire.bytes().readRemaining())];
                    wire.bytes().read(bytes);
                    theirs.add(bytes);
                }
            }
        }
        assertThat(theirs).hasSize(1001);
        assertThat(ours).containsExactlyElementsOf(theirs);
    }

    @Test
    void shouldFollowALiveJournalFromFileToFile() throws Exception {
        SetTimeProvider time = new SetTimeProvider("2026-11-22T10:00:00");
        Map<Path, Integer> files = new HashMap<>();
        try (Run run = new Run(folder, JournalConfig.RollCycle.MINUTELY, time);
                JournalReader reader = JournalReader.open(folder)) {
            assertThat(reader.next()).isTrue();
            for (int i = 0; i < 20; i++) {
                RequestContext context = run.request("r" + i, "{}");
                assertThat(reader.next()).isTrue();
                assertThat(reader.record().requestId()).isEqualTo(context.requestId);
                time.advanceMillis(30_000);
                run.tokens(context, true, i);
                assertThat(reader.next()).isTrue();
                assertThat(reader.record().type()).isEqualTo(RecordType.OUTPUT_TOKENS);
                assertThat(reader.next()).isFalse();
                files.merge(reader.file(), 1, Integer::sum);
            }
            assertThat(reader.damage()).isNull();
        }
        assertThat(files).hasSizeGreaterThan(5);
        assertThat(JournalVerifier.verify(folder, List.of("r0", "r19")).sound()).isTrue();
    }

    @Test
    void shouldGoOnBehindAnEarlierRun() throws Exception {
        try (Run run = new Run(folder)) {
            run.request("unfinished", "{}");
        }
        try (Run run = new Run(folder)) {
            run.tokens(run.request("answered", "{}"), true, 1);
        }
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of("answered"));
        assertThat(report.runs()).isEqualTo(2);
        assertThat(report.records()).isEqualTo(5);
        assertThat(report.unfinished()).isEqualTo(1);
        assertThat(report.answered()).isEqualTo(1);
        assertThat(report.sound()).isTrue();
    }
}

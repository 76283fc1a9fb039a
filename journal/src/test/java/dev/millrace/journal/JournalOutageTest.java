package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.JournalConfig.Durability;
import dev.millrace.config.JournalConfig.OnFailure;
import dev.millrace.config.JournalConfig.RollCycle;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal that cannot be written for a while. */
class JournalOutageTest {
    @TempDir Path folder;

    private Run run(OnFailure onFailure) {
        return new Run(
                Run.config(folder, RollCycle.HOURLY, Store.FULL, Durability.PAGE_CACHE, onFailure),
                SystemTimeProvider.INSTANCE);
    }

    private List<String> records() {
        List<String> records = new ArrayList<>();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                records.add(
                        record.type() == RecordType.GAP
                                ? "GAP " + GapRecord.of(record).records()
                                : record.type().toString());
            }
            assertThat(reader.damage()).isNull();
        }
        return records;
    }

    private static LaneTurn turn(RequestContext context) {
        LaneTurn turn = new LaneTurn();
        turn.begin(0, 0, 1, false);
        turn.entry(context.requestId, 0, 0, 1, 0);
        return turn;
    }

    @Test
    void shouldRefuseWhatCannotBePutOnRecord() throws Exception {
        try (Run run = run(OnFailure.REFUSE)) {
            RequestContext before = run.request("before", "{}");
            run.full = true;
            assertThatThrownBy(() -> run.request("during", "{}"))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("No space left");
            assertThatThrownBy(() -> run.tokens(before, true, 1))
                    .isInstanceOf(JournalException.class);
            assertThat(run.turns.append(turn(before))).isFalse();
            assertThat(run.journal.problem()).contains("No space left");
            assertThat(run.counters.get(Counter.JOURNAL_FAILURES)).isEqualTo(3);
            run.full = false;
            run.tokens(before, true, 1);
            assertThat(run.journal.problem()).isEmpty();
        }
        assertThat(records()).containsExactly("ENVIRONMENT", "INGRESS", "GAP 3", "OUTPUT_TOKENS");
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of("before"));
        assertThat(report.unwritten()).isEqualTo(3);
        assertThat(report.sound()).as("nobody was served off the record").isTrue();
    }

    @Test
    void shouldServeOnAndSayAfterwardsWhatIsMissing() throws Exception {
        try (Run run = run(OnFailure.SERVE_UNJOURNALLED)) {
            run.full = true;
            RequestContext during = run.request("during", "{}");
            run.decision(during, slot -> {});
            assertThat(run.turns.append(turn(during))).isTrue();
            run.tokens(during, false, 1);
            assertThat(run.journal.problem()).contains("No space left");
            assertThat(run.counters.get(Counter.JOURNAL_FAILURES)).isEqualTo(4);
            run.full = false;
            run.tokens(during, true, 2);
            assertThat(run.journal.problem()).isEmpty();
            run.tokens(run.request("after", "{}"), true, 3);
        }
        assertThat(records())
                .containsExactly(
                        "ENVIRONMENT", "GAP 4", "OUTPUT_TOKENS", "INGRESS", "OUTPUT_TOKENS");
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of("after"));
        assertThat(report.unwritten()).isEqualTo(4);
        assertThat(report.served()).isEqualTo(4);
        assertThat(report.gaps()).isEqualTo(1);
        assertThat(report.problems()).isEmpty();
        assertThat(report.damage()).isNull();
        assertThat(report.sound()).isFalse();
    }

    @Test
    void shouldSayAtTheEndOfARunWhatIsMissingThere() throws Exception {
        try (Run run = run(OnFailure.SERVE_UNJOURNALLED)) {
            run.tokens(run.request("a", "{}"), true, 1);
            run.full = true;
            run.request("lost", "{}");
            run.full = false;
        }
        assertThat(records()).containsExactly("ENVIRONMENT", "INGRESS", "OUTPUT_TOKENS", "GAP 1");
    }

    @Test
    void shouldNotBeginARunThatIsNotOnRecord() {
        // Whatever is to happen to requests later: without its first record none can be read.
        assertThatThrownBy(() ->
                        new Run(
                                        Run.config(
                                                folder,
                                                RollCycle.HOURLY,
                                                Store.FULL,
                                                Durability.PAGE_CACHE,
                                                OnFailure.SERVE_UNJOURNALLED),
                                        SystemTimeProvider.INSTANCE,
                                        true)
                                .close())
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("No space left");
    }
}

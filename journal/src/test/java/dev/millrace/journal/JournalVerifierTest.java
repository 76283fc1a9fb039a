package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What verify and stats count. */
class JournalVerifierTest {
    @TempDir Path folder;

    @Test
    void shouldCountHowRequestsEnded() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext answered = run.request("answered", "{}");
            answered.model = Run.MODEL;
            answered.promptTokens = 7;
            answered.completionTokens = 2;
            run.tokens(answered, false, 1);
            run.tokens(answered, true, 2);
            run.failure(run.request("refused", "{}"), RequestStatus.INVALID, "no");
            RequestContext gone = run.request("gone", "{}");
            run.cancel(gone);
            run.failure(gone, RequestStatus.CANCELLED, "client went away");
            run.request("open", "{}");
        }
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of());
        assertThat(report.requests()).isEqualTo(4);
        assertThat(report.answered()).isEqualTo(1);
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.cancelled()).isEqualTo(1);
        assertThat(report.unfinished()).isEqualTo(1);
        assertThat(report.sound()).isTrue();

        JournalStats.Report stats = JournalStats.of(folder);
        assertThat(stats.requests()).isEqualTo(4);
        assertThat(stats.cancels()).isEqualTo(1);
        assertThat(stats.byStatus()).containsOnlyKeys("200", "400", "499");
        assertThat(stats.byRoute()).containsEntry("/v1/completions", 4L);
        assertThat(stats.byModel()).containsEntry("austen-2.8m:1", new JournalStats.Model(1, 7, 2));
        assertThat(stats.byType().get(RecordType.INGRESS)).isNotNull();
        assertThat(stats.latencyNanos().count()).isEqualTo(3);
        // The clock moves by one at each reading: arrival, ingress and its cancel lie between.
        assertThat(stats.latencyNanos().max()).isBetween(2L, 10L);
        assertThat(stats.bodyBytes()).isEqualTo(8);
    }

    @Test
    void shouldMissAnswersThatAreNotThereOrNotWhole() throws Exception {
        RequestContext answered;
        try (Run run = new Run(folder)) {
            answered = run.request("answered", "{}");
            run.tokens(answered, true, 2);
            run.tokens(run.request("half", "{}"), false, 1);
        }
        String id = RequestIds.hex(answered.requestId);
        assertThat(
                        JournalVerifier.verify(
                                        folder,
                                        List.of("answered", id, "cmpl-" + id, "half", "never"))
                                .missing())
                .containsExactly("half", "never");
        assertThat(JournalVerifier.verify(folder, List.of(id)).sound()).isTrue();
        assertThat(JournalVerifier.verify(folder, List.of("cmpl-" + id)).sound()).isTrue();
        assertThat(JournalVerifier.verify(folder, List.of("answered", "answered")).missing())
                .containsExactly("answered");
    }

    @Test
    void shouldReportAnAnswerToARequestThatIsNotOpen() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.request("a", "{}");
            run.tokens(context, true, 2);
            run.tokens(context, true, 3);
        }
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of());
        assertThat(report.problemCount()).isEqualTo(1);
        assertThat(report.problems().getFirst()).contains("record 3", "is not open");
        assertThat(report.sound()).isFalse();
    }

    @Test
    void shouldAcceptTheRefusalOfARequestThatCouldNotBeRecorded() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext context = run.context(Route.OPENAI_CHAT, "lost");
            run.failure(context, RequestStatus.JOURNAL_FAILED, "could not be put on record");
        }
        JournalVerifier.Report report = JournalVerifier.verify(folder, List.of());
        assertThat(report.refused()).isEqualTo(1);
        assertThat(report.sound()).isTrue();
    }

    @Test
    void shouldSayThatThereIsNoJournal() {
        assertThatThrownBy(() -> JournalVerifier.verify(folder, List.of()))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("holds no journal");
        assertThatThrownBy(() -> JournalStats.of(folder.resolve("missing")))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("is not a folder");
    }
}

package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.journal.JournalPostmortem.Progress;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said about a run that was cut off, at every point at which it can be. */
class JournalPostmortemTest {
    @TempDir Path folder;

    private static RequestContext admitted(Run run, String name) throws Exception {
        RequestContext context = run.request(name, "{}");
        run.decision(context, slot -> slot.lane = 0);
        return context;
    }

    private static void turn(Run run, long number, Consumer<LaneTurn> content) {
        LaneTurn turn = new LaneTurn();
        turn.begin(0, number, run.clock.get(), false);
        content.accept(turn);
        assertThat(run.turns.append(turn)).isTrue();
    }

    private JournalPostmortem.LaneEnd lane(JournalPostmortem.Report report) {
        assertThat(report.lanes()).hasSize(1);
        return report.lanes().getFirst();
    }

    @Test
    void shouldNameTheStepThatWasRunningAndWhoWasInIt() throws Exception {
        RequestContext first;
        RequestContext second;
        try (Run run = new Run(folder)) {
            first = admitted(run, "first");
            second = admitted(run, "second");
            run.step(0, first, 5);
            run.tokens(first, false, 1);
            turn(
                    run,
                    1,
                    turn -> {
                        turn.event(LaneTurn.Event.TAKEN, second.requestId);
                        turn.entry(first.requestId, 0, 5, 1, 0);
                        turn.entry(second.requestId, 0, 0, 7, 0);
                    });
        }
        JournalPostmortem.Report report = JournalPostmortem.of(folder);

        assertThat(report.atRest()).isFalse();
        JournalPostmortem.LaneEnd lane = lane(report);
        assertThat(lane.running()).isTrue();
        assertThat(lane.model()).isEqualTo("austen-2.8m");
        assertThat(lane.turn()).isEqualTo(1);
        assertThat(lane.entries())
                .containsExactly(
                        new JournalPostmortem.Entry(first.requestId, 0, 5, 1, 0),
                        new JournalPostmortem.Entry(second.requestId, 0, 0, 7, 0));
        assertThat(report.requests())
                .extracting(JournalPostmortem.Request::clientRequestId)
                .containsExactly("first", "second");
        assertThat(report.requests())
                .extracting(JournalPostmortem.Request::progress)
                .containsExactly(Progress.ANSWERING, Progress.STARTED);
        assertThat(report.requests().getFirst().tokens()).isEqualTo(1);
        assertThat(report.requests().getFirst().line()).isEqualTo("POST /v1/completions HTTP/1.1");
        assertThat(report.records()).isEqualTo(8);
        assertThat(report.damage()).isNull();
    }

    @Test
    void shouldNotCallAStepRunningWhoseEveryEntryWasAnswered() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext first = admitted(run, "first");
            RequestContext second = admitted(run, "second");
            turn(
                    run,
                    0,
                    turn -> {
                        turn.entry(first.requestId, 0, 0, 5, 0);
                        turn.entry(second.requestId, 0, 0, 5, 0);
                    });
            run.tokens(first, false, 1);
            run.failure(second, RequestStatus.CANCELLED, "gone");
        }
        JournalPostmortem.Report report = JournalPostmortem.of(folder);
        assertThat(lane(report).running()).isFalse();
        assertThat(lane(report).entries()).isEmpty();
        assertThat(report.atRest()).isFalse();
        assertThat(report.requests()).hasSize(1);
    }

    @Test
    void shouldNotCallAStepRunningBehindWhichItsLaneTookATurn() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext first = admitted(run, "first");
            run.step(0, first, 5);
            turn(run, 1, turn -> turn.event(LaneTurn.Event.CANCELLED, first.requestId));
        }
        JournalPostmortem.Report report = JournalPostmortem.of(folder);
        assertThat(lane(report).running()).isFalse();
        assertThat(lane(report).turn()).isEqualTo(1);
        assertThat(report.requests().getFirst().cancelled()).isTrue();
    }

    @Test
    void shouldAskForTheOutputOfEachRun() throws Exception {
        try (Run run = new Run(folder)) {
            RequestContext texts = admitted(run, "texts");
            turn(
                    run,
                    0,
                    turn -> {
                        turn.entry(texts.requestId, 0, 0, 4, 0);
                        turn.entry(texts.requestId, 1, 0, 4, 0);
                    });
            run.reply(ReplySlot.Kind.EMBEDDING, texts, 16, slot -> slot.count = 4);
        }
        assertThat(lane(JournalPostmortem.of(folder)).running()).isTrue();
    }

    @Test
    void shouldSayHowFarEveryRequestHadCome() throws Exception {
        try (Run run = new Run(folder)) {
            run.request("received", "{}");
            RequestContext refused = run.request("refused", "{}");
            refused.refuse(RequestStatus.INVALID, "no", null);
            run.decision(refused, slot -> {});
            admitted(run, "admitted");
            RequestContext waiting = admitted(run, "waiting");
            turn(run, 0, turn -> turn.event(LaneTurn.Event.TAKEN, waiting.requestId));
        }
        JournalPostmortem.Report report = JournalPostmortem.of(folder);
        assertThat(report.requests())
                .extracting(JournalPostmortem.Request::progress)
                .containsExactly(
                        Progress.RECEIVED, Progress.REFUSED, Progress.ADMITTED, Progress.WAITING);
        assertThat(lane(report).running()).isFalse();
    }

    @Test
    void shouldSpeakOfTheLastRunAlone() throws Exception {
        try (Run run = new Run(folder)) {
            run.step(0, admitted(run, "cut off"), 5);
        }
        try (Run run = new Run(folder)) {
            run.tokens(admitted(run, "answered"), true, 1);
        }
        JournalPostmortem.Report report = JournalPostmortem.of(folder);
        assertThat(report.atRest()).isTrue();
        assertThat(lane(report).turn()).isEqualTo(-1);
        assertThat(report.records()).isEqualTo(4);
        assertThat(report.environment()).isEqualTo(Run.ENVIRONMENT);
    }

    @Test
    void shouldSayThatThereIsNoJournal() {
        assertThatThrownBy(() -> JournalPostmortem.of(folder))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("holds no journal");
    }
}

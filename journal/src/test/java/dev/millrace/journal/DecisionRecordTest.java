package dev.millrace.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was decided comes back from the disk. */
class DecisionRecordTest {
    @TempDir Path folder;

    private DecisionRecord decision(JournalReader reader, RequestContext context) {
        while (reader.next()) {
            if (reader.record().type() == RecordType.DECISION) {
                assertThat(reader.record().requestId()).isEqualTo(context.requestId);
                return DecisionRecord.of(reader.record());
            }
        }
        throw new AssertionError("no DECISION; damage: " + reader.damage());
    }

    @Test
    void shouldKeepWhatWasDecidedAboutAnAdmittedRequest() throws Exception {
        RequestContext context;
        try (Run run = new Run(folder)) {
            context = run.request("a", "{}");
            context.model = Run.MODEL;
            context.promptTokens = 11;
            context.runs = 6;
            run.decision(
                    context,
                    slot -> {
                        slot.lane = 2;
                        slot.sampling.seed = -5;
                        slot.sampling.maxTokens = 40;
                        slot.settled = 1L << 40;
                        slot.batchKey = 9;
                        slot.dueNanos = 77;
                    });
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            DecisionRecord decision = decision(reader, context);
            assertThat(decision.admitted()).isTrue();
            assertThat(decision.outcome()).isEqualTo(RequestStatus.OK);
            assertThat(decision.lane()).isEqualTo(2);
            assertThat(decision.model()).isEqualTo("austen-2.8m");
            assertThat(decision.modelVersion()).isEqualTo("1");
            assertThat(decision.seed()).isEqualTo(-5);
            assertThat(decision.settled()).isEqualTo(1L << 40);
            assertThat(decision.promptTokens()).isEqualTo(11);
            assertThat(decision.runs()).isEqualTo(6);
            assertThat(decision.maxTokens()).isEqualTo(40);
            assertThat(decision.batchKey()).isEqualTo(9);
            assertThat(decision.dueNanos()).isEqualTo(77);
            assertThat(decision.message()).isNull();
            assertThat(decision.param()).isNull();
        }
    }

    @Test
    void shouldKeepWhyARequestIsRefused() throws Exception {
        for (RequestStatus status : RequestStatus.values()) {
            if (status == RequestStatus.OK) {
                continue;
            }
            Path journal = folder.resolve(status.name());
            RequestContext context;
            try (Run run = new Run(journal)) {
                context = run.request("a", "{}");
                context.refuse(status, "größer als erlaubt", "max_tokens");
                run.decision(context, slot -> {});
            }
            try (JournalReader reader = JournalReader.open(journal)) {
                DecisionRecord decision = decision(reader, context);
                assertThat(decision.admitted()).isFalse();
                assertThat(decision.outcome()).isEqualTo(status);
                assertThat(decision.lane()).isEqualTo(-1);
                assertThat(decision.model()).isNull();
                assertThat(decision.modelVersion()).isNull();
                assertThat(decision.message()).isEqualTo("größer als erlaubt");
                assertThat(decision.param()).isEqualTo("max_tokens");
            }
        }
    }
}

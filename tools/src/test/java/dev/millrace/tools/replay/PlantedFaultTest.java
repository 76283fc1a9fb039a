package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.EnvironmentRecord;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each fault is reported for what it is, where it is. */
class PlantedFaultTest {
    @TempDir Path folder;

    @Test
    void shouldNameTheTokenAtWhichABugOfSamplingBegins() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 20);
        RecordedRun run = RecordedRun.of(journal).getFirst();
        long victim = run.requests().keySet().stream().skip(7).findFirst().orElseThrow();
        int recorded = recordedToken(run, victim, 5);

        VerifyReport report =
                new ReplayVerify(
                                journal,
                                null,
                                (id, _, index, token) ->
                                        id == victim && index >= 5 ? token ^ 1 : token)
                        .verify();

        assertThat(report.counts().get(Outcome.EXACT)).isEqualTo(19);
        Verdict verdict = verdict(report, victim);
        assertThat(verdict.outcome()).isEqualTo(Outcome.DIVERGED);
        Divergence divergence = Objects.requireNonNull(verdict.divergence());
        assertThat(divergence.token()).isEqualTo(5);
        assertThat(divergence.recorded().id()).isEqualTo(recorded);
        assertThat(divergence.replayed().id()).isEqualTo(recorded ^ 1);
        assertThat(divergence.recorded().logprob()).isNegative();
        assertThat(verdict.detail())
                .matches("at step \\d+, token 5: recorded \\d+ \\(\".*\", -\\d+\\.\\d+\\) got .*");
    }

    @Test
    void shouldNotCompareWithOtherWeights() throws Exception {
        Path models = folder.resolve("models");
        Path model = DemoModel.extractTo(models);
        Path weights = model.resolve("model.safetensors");
        // Once before, so that these are not the embedded model's either.
        addOneUlp(weights);
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 4, "models.dir=" + models);
        assertThat(new ReplayVerify(journal, null).verify().exact()).isTrue();
        addOneUlp(weights);

        VerifyReport report = new ReplayVerify(journal, models).verify();

        assertThat(report.verdicts())
                .hasSize(4)
                .allMatch(verdict -> verdict.outcome() == Outcome.NOT_COMPARABLE)
                .allMatch(verdict -> verdict.detail().contains("no folder holds the weights"));
    }

    @Test
    void shouldNotCompareWithAnotherThreadCount() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 2);
        var recorded = RecordedRun.of(journal).getFirst().environment();
        var facts = new LinkedHashMap<>(recorded.facts());
        facts.put("engine-threads", "7");

        String differences = Environments.differences(recorded, new EnvironmentRecord(facts));

        assertThat(differences)
                .isEqualTo("environment differs: engine-threads: recorded 1, here 7");
    }

    @Test
    void shouldShrinkAJournalToTheRequestsThatMatter() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 40);
        List<Long> ids = List.copyOf(RecordedRun.of(journal).getFirst().requests().keySet());
        long culprit = ids.get(3);
        long victim = ids.get(30);
        Supplier<TokenFault> leak = () -> leak(culprit, victim);
        var shrink = new Shrink(journal, null, leak, _ -> {});

        Shrink.Found found = shrink.find();

        assertThat(found.requests()).containsExactly(culprit, victim);
        assertThat(found.verdicts()).extracting(Verdict::requestId).containsExactly(victim);
        Path small = folder.resolve("small");
        shrink.write(found, small);
        VerifyReport alone = new ReplayVerify(small, null, leak.get()).verify();
        assertThat(alone.verdicts()).hasSize(2);
        assertThat(verdict(alone, victim).outcome()).isEqualTo(Outcome.DIVERGED);
        assertThat(new ReplayVerify(small, null).verify().counts().get(Outcome.DIVERGED)).isNull();
    }

    /** A state that one request leaves behind and another stumbles over. */
    private static TokenFault leak(long culprit, long victim) {
        Set<Long> seen = new HashSet<>();
        return (id, _, index, token) -> {
            seen.add(id);
            return id == victim && index == 11 && seen.contains(culprit) ? token ^ 1 : token;
        };
    }

    private static Verdict verdict(VerifyReport report, long requestId) {
        return report.verdicts().stream()
                .filter(verdict -> verdict.requestId() == requestId)
                .findFirst()
                .orElseThrow();
    }

    private static int recordedToken(RecordedRun run, long requestId, int index) {
        RecordedRequest request = Objects.requireNonNull(run.requests().get(requestId));
        return request.recorded.text(0).ids.getInt(index);
    }

    /** To one weight, the last. */
    private static void addOneUlp(Path safetensors) throws Exception {
        try (FileChannel file =
                FileChannel.open(safetensors, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer weight = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            long at = file.size() - 4;
            file.read(weight, at);
            weight.putFloat(0, Math.nextUp(weight.getFloat(0)));
            file.write(weight.rewind(), at);
        }
    }
}

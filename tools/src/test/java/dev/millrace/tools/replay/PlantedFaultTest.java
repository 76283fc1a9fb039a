package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.RequestIds;
import dev.millrace.tools.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each fault is reported for what it is, where it is. */
class PlantedFaultTest {
    /** Requests of a journal that is shrunk. */
    private static final int SHRUNK = Integer.getInteger("millrace.shrink.requests", 40);

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
                                VerifyScope.ALL,
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
        RecordedDemo.record(journal, SHRUNK);
        List<Long> ids = List.copyOf(RecordedRun.of(journal).getFirst().requests().keySet());
        long culprit = ids.get(3);
        long victim = ids.get(SHRUNK - 10);
        Supplier<TokenFault> leak = () -> leak(culprit, victim);
        var finder = new RecordedModels(null, DemoModel.extractTo(folder.resolve("demo")));
        var shrink = new Shrink(journal, new AnswerTrial(journal, finder, leak), _ -> {});

        Shrink.Found found = shrink.find();

        assertThat(found.requests()).containsExactly(culprit, victim);
        assertThat(found.seen().verdicts()).extracting(Verdict::requestId).containsExactly(victim);
        Path small = folder.resolve("small");
        shrink.write(found, small);
        VerifyReport alone = new ReplayVerify(small, null, VerifyScope.ALL, leak.get()).verify();
        assertThat(alone.verdicts()).hasSize(2);
        assertThat(verdict(alone, victim).outcome()).isEqualTo(Outcome.DIVERGED);
        assertThat(new ReplayVerify(small, null).verify().counts().get(Outcome.DIVERGED)).isNull();
    }

    @Test
    void shouldShrinkAJournalToTheRequestThatEndsTheProcess() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 12);
        List<Long> ids = List.copyOf(RecordedRun.of(journal).getFirst().requests().keySet());
        var tried = new ArrayList<String>();
        var trial = new CrashTrial(CrashingReplay.command(ids.get(7)), journal, null);
        var shrink = new Shrink(journal, trial, tried::add);

        Shrink.Found found = shrink.find();

        assertThat(found.requests()).as("%s", tried).containsExactly(ids.get(7));
        assertThat(found.seen().end()).startsWith("SIGSEGV").contains(", in ");
        Path small = folder.resolve("small");
        shrink.write(found, small);
        assertThat(new ReplayVerify(small, null).verify().exact()).isTrue();
    }

    @Test
    void shouldGiveVerdictsOnThePartThatIsAskedFor() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 6);
        RecordedDemo.record(journal, 5);
        List<RecordedRun> runs = RecordedRun.of(journal);
        RecordedRun second = runs.getLast();
        Instant began =
                Instant.ofEpochSecond(
                        0,
                        second.requests().values().stream()
                                .mapToLong(request -> request.arrivalWallNanos)
                                .min()
                                .orElseThrow());
        String one = RequestIds.hex(runs.getFirst().requests().keySet().iterator().next());

        assertThat(verify(journal, "--from", began.toString())).hasSize(5);
        assertThat(verify(journal, "--to", began.toString())).hasSize(6);
        assertThat(verify(journal, "--only", one)).singleElement().asString().startsWith(one);
    }

    @Test
    void shouldShowWhatTheTokensOfAnAnswerSay() throws Exception {
        Path journal = folder.resolve("journal");
        RecordedDemo.record(journal, 1);
        String id =
                RequestIds.hex(
                        RecordedRun.of(journal).getFirst().requests().keySet().iterator().next());

        List<String> text = millrace("journal", "show", id, journal.toString());
        List<String> json = millrace("journal", "show", "--json", id, journal.toString());

        String spelled =
                text.stream()
                        .filter(line -> line.strip().startsWith("id "))
                        .map(line -> line.substring(line.indexOf('"') + 1, line.lastIndexOf('"')))
                        .collect(Collectors.joining());
        String texts =
                json.stream()
                        .map(line -> JsonMapper.shared().readTree(line).path("texts"))
                        .flatMap(node -> node.valueStream().map(JsonNode::asString))
                        .collect(Collectors.joining());
        assertThat(texts).isNotBlank().isEqualTo(spelled.replace("\\n", "\n"));
        assertThat(text).anyMatch(line -> line.matches(" +id \\d+ \".+\", digest [0-9a-f]{8}"));
    }

    /** The lines with a verdict, of a replay that finds all EXACT. */
    private static List<String> verify(Path journal, String... more) {
        List<String> words = new ArrayList<>(List.of("replay", journal.toString(), "--verify"));
        words.addAll(List.of(more));
        return millrace(words.toArray(String[]::new)).stream()
                .filter(line -> line.endsWith("EXACT"))
                .toList();
    }

    private static List<String> millrace(String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code =
                Main.commandLine()
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(err))
                        .execute(words);
        assertThat(code).as("%s%s", out, err).isZero();
        return out.toString().lines().toList();
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

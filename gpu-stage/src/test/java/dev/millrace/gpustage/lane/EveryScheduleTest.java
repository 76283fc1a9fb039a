package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.EndIds;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A text is its request's alone: however many others run, in whatever pieces prompts are computed,
 * whoever loses the cache and whatever is guessed, the golden ids come out, and a seed draws what
 * it draws alone.
 */
class EveryScheduleTest extends TorchTest {
    private static final int CONTEXT = 160;
    private static final int BLOCK = 8;
    private static final int[] BATCHES = {1, 2, 5, 13, 32};

    /** How a lane is set up. */
    private enum Way {
        PLAIN(0, 0, false, 0, 1),
        CHUNKED(40, 3, false, 0, 1),
        SHARING(0, 0, true, 0, 1),
        TIGHT(0, 0, false, 240, 1),
        GUESSING(0, 0, false, 0, 1),
        PARTED(0, 0, true, 0, 2),
        EVERYTHING(36, 4, true, 240, 3);

        final int stepTokens;
        final int chunkTokens;
        final boolean shares;
        final int cacheTokens;
        final int threads;

        Way(int stepTokens, int chunkTokens, boolean shares, int cacheTokens, int threads) {
            this.stepTokens = stepTokens;
            this.chunkTokens = chunkTokens;
            this.shares = shares;
            this.cacheTokens = cacheTokens;
            this.threads = threads;
        }

        boolean guesses() {
            return this == GUESSING || this == EVERYTHING;
        }

        GenerationConfig limits(int slots) {
            int step = stepTokens == 0 ? 512 : Math.min(stepTokens, slots + 4);
            return new GenerationConfig(
                    slots,
                    step,
                    chunkTokens == 0 ? step : Math.min(step, chunkTokens),
                    128,
                    0,
                    guesses() ? 4 : 0);
        }
    }

    /** What a text must be: an independent program's, or what the request gives alone. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Expected(int[] prompt, int[] tokens, float temperature, long seed) {
        Expected firstHalf() {
            return new Expected(
                    prompt, Arrays.copyOf(tokens, tokens.length / 2), temperature, seed);
        }
    }

    /** A request beside the golden ones, and what its choices must be. */
    private record Sent(Answer answer, List<Expected> expected, boolean cancelled) {}

    @TempDir static Path folder;

    private static JsonNode demoGolden(Path model) {
        try {
            return new JsonMapper().readTree(Files.readAllBytes(model.resolve("golden.json")));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void shouldGiveTheDemoModelsGoldenIdsInEverySchedule() {
        Path model = DemoModel.extractTo(folder);
        run(model, demoGolden(model), 1813);
    }

    @Test
    void shouldGiveStoriesGoldenIdsInEverySchedule() {
        run(SharedModels.folder("stories260K"), SharedModels.golden("stories260K"), 1811);
    }

    @Test
    void shouldGiveTheGoldenIdsInEveryBatchSizeToThirtyTwo() {
        Path model = DemoModel.extractTo(folder);
        List<Expected> goldens = goldens(demoGolden(model));
        try (LaneHarness harness = harness(model, Way.PLAIN, 32)) {
            for (int size = 1; size <= 32; size++) {
                List<Sent> sent = new ArrayList<>();
                for (int i = 0; i < size; i++) {
                    Expected golden = goldens.get(i % goldens.size()).firstHalf();
                    sent.add(send(harness, List.of(golden), 1, 0, false));
                }
                sent.forEach(each -> check(harness, each, "batch of " + sent.size()));
            }
            assertNothingHeld(harness, "every batch size");
        }
    }

    private static void run(Path model, JsonNode golden, long seed) {
        List<Expected> expected = new ArrayList<>(goldens(golden));
        expected.addAll(alone(model, expected));
        for (Way way : Way.values()) {
            Random random = new Random(seed + way.ordinal());
            Seen seen = new Seen();
            for (int batch : BATCHES) {
                String what = way + ", batch of " + batch + ", seed " + (seed + way.ordinal());
                try (LaneHarness harness = harness(model, way, batch)) {
                    mix(harness, expected, random, batch + 8, what);
                    assertNothingHeld(harness, what);
                    seen.add(harness);
                }
            }
            seen.check(way);
        }
    }

    private static List<Expected> goldens(JsonNode golden) {
        return SharedModels.prompts(golden).stream()
                .map(each ->
                        new Expected(
                                SharedModels.ints(each.path("prompt_ids")),
                                SharedModels.ints(each.path("generated_ids")),
                                0,
                                0))
                .toList();
    }

    /** Sampled requests with what they give in a lane that runs nothing else. */
    private static List<Expected> alone(Path model, List<Expected> goldens) {
        List<Expected> sampled = new ArrayList<>();
        try (LaneHarness harness = harness(model, Way.PLAIN, 1)) {
            for (int i = 0; i < goldens.size(); i++) {
                int[] prompt = goldens.get(i).prompt;
                Expected unknown = new Expected(prompt, new int[32], 0.9f, 40 + i);
                Sent one = send(harness, List.of(unknown), 1, 0, false);
                int[] tokens = harness.await(one.answer).tokens(0);
                sampled.add(new Expected(prompt, tokens, 0.9f, 40 + i));
            }
        }
        assertThat(sampled)
                .as("a seed matters")
                .noneMatch(each -> goldens.stream().anyMatch(golden -> startsAlike(each, golden)));
        return sampled;
    }

    private static boolean startsAlike(Expected one, Expected other) {
        return Arrays.equals(one.prompt, other.prompt)
                && Arrays.mismatch(one.tokens, other.tokens) == one.tokens.length;
    }

    /** Many at once, of which some ask for several choices or prompts and some go away. */
    private static void mix(
            LaneHarness harness, List<Expected> all, Random random, int count, String what) {
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Expected first = all.get(random.nextInt(all.size()));
            int priority = random.nextInt(3) - 1;
            boolean cancelled = i > 0 && random.nextInt(6) == 0;
            List<Expected> prompts = new ArrayList<>(List.of(first));
            int n = first.temperature == 0 && random.nextInt(5) == 0 ? 2 : 1;
            if (n == 1 && first.temperature == 0 && random.nextInt(4) == 0) {
                prompts.add(all.get(random.nextInt(all.size() / 2)));
            }
            sent.add(send(harness, prompts, n, priority, cancelled));
            if (cancelled && random.nextBoolean()) {
                Answer answer = sent.getLast().answer;
                Awaitility.await().until(() -> answer.ended || !answer.replies.isEmpty());
            }
            if (cancelled) {
                harness.cancel(sent.getLast().answer);
            }
        }
        sent.forEach(each -> check(harness, each, what));
    }

    private static Sent send(
            LaneHarness harness, List<Expected> prompts, int n, int priority, boolean cancelled) {
        Expected first = prompts.getFirst();
        int tokens = prompts.stream().mapToInt(each -> each.tokens.length).min().orElseThrow();
        Answer answer =
                harness.send(slot -> {
                    SamplingParams params = slot.sampling;
                    params.temperature = first.temperature;
                    params.topP = 0.95f;
                    params.seed = first.seed;
                    params.maxTokens = tokens;
                    params.ignoreEos = true;
                    params.priority = priority;
                    params.n = n;
                    params.bestOf = n;
                    LaneHarness.prompts(
                            slot, prompts.stream().map(Expected::prompt).toArray(int[][]::new));
                    slot.context().runs = prompts.size() * n;
                });
        List<Expected> runs = new ArrayList<>();
        for (Expected prompt : prompts) {
            for (int choice = 0; choice < n; choice++) {
                runs.add(
                        new Expected(
                                prompt.prompt,
                                Arrays.copyOf(prompt.tokens, tokens),
                                prompt.temperature,
                                prompt.seed));
            }
        }
        return new Sent(answer, runs, cancelled);
    }

    private static void check(LaneHarness harness, Sent sent, String what) {
        Answer answer = harness.await(sent.answer);
        assertThat(answer.lasts).as("%s: ends", what).isEqualTo(1);
        if (sent.cancelled) {
            assertThat(answer.status).as(what).isIn(RequestStatus.CANCELLED, RequestStatus.OK);
        } else {
            assertThat(answer.status)
                    .as("%s: %s", what, answer.errorMessage)
                    .isEqualTo(RequestStatus.OK);
        }
        for (int i = 0; i < sent.expected.size(); i++) {
            int[] tokens = answer.tokens(i);
            int[] all = sent.expected.get(i).tokens;
            int[] due = sent.cancelled ? Arrays.copyOf(all, tokens.length) : all;
            assertThat(tokens).as("%s: run %d of %s", what, i, sent).containsExactly(due);
        }
    }

    private static void assertNothingHeld(LaneHarness harness, String what) {
        GenerationUsage usage = usage(harness);
        Awaitility.await(what).until(() -> usage.running() == 0 && usage.blocksUsed() == 0);
        assertThat(usage.waiting()).as("%s: waiting", what).isZero();
        assertThat(harness.lane().load()).as("%s: load", what).isZero();
        assertThat(harness.inFlight()).as("%s: in flight", what).isZero();
    }

    private static GenerationUsage usage(LaneHarness harness) {
        return Objects.requireNonNull(harness.lane().usage());
    }

    private static LaneHarness harness(Path model, Way way, int slots) {
        CacheLimits cache = new CacheLimits(slots, CONTEXT, BLOCK, way.cacheTokens);
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        model.getFileName().toString(),
                        LlamaModel.load(model, cache, WeightFormat.FLOAT32),
                        way.limits(slots),
                        way.shares,
                        EndIds.read(model),
                        _ -> new byte[0],
                        way.threads,
                        output));
    }

    /** That a way of scheduling did what it is here for, or its goldens prove nothing. */
    private static final class Seen {
        long preemptions;
        long hits;
        long accepted;
        long rejected;

        // Of the smallest batch, which goes first.
        long aloneSteps;
        long aloneTokens;

        void add(LaneHarness harness) {
            GenerationUsage usage = usage(harness);
            preemptions += usage.preemptions();
            hits += usage.prefixHits();
            accepted += usage.acceptedTokens();
            rejected += usage.draftedTokens() - usage.acceptedTokens();
            if (aloneSteps == 0) {
                aloneSteps = harness.counters().get(Counter.STEPS);
                aloneTokens = harness.counters().get(Counter.GENERATED_TOKENS);
            }
        }

        void check(Way way) {
            String what =
                    way
                            + ": "
                            + preemptions
                            + " preemptions, "
                            + hits
                            + " hits, "
                            + accepted
                            + " accepted";
            if (way.cacheTokens > 0) {
                assertThat(preemptions).as(what).isGreaterThan(20);
            } else {
                assertThat(preemptions).as(what).isZero();
            }
            assertThat(hits > 0).as(what).isEqualTo(way.shares);
            assertThat(accepted > 0).as(what).isEqualTo(way.guesses());
            assertThat(rejected > 0).as(what).isEqualTo(way.guesses());
            if (way == Way.CHUNKED) {
                assertThat(aloneSteps)
                        .as("steps that computed no whole prompt")
                        .isGreaterThan(aloneTokens);
            } else if (way.chunkTokens == 0) {
                assertThat(aloneSteps).as("a token a step").isLessThanOrEqualTo(aloneTokens);
            }
        }
    }
}

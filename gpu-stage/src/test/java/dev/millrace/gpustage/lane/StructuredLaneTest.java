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
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.StructuredOutput;
import dev.millrace.ringbuffer.StructuredOutput.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Texts of a given form, as the demo model writes them, read by other programs' readers. */
class StructuredLaneTest extends TorchTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String REGEX = "(Emma|Anne) is [1-9][0-9]";
    private static final String CHOICES = "[\"pride\",\"prejudice\",\"persuasion\"]";
    private static final String SCHEMA =
            """
            {"type":"object","properties":{"name":{"type":"string","maxLength":8},
            "age":{"type":"integer","minimum":0,"maximum":99},"wed":{"type":"boolean"}},
            "required":["name","age","wed"],"additionalProperties":false}
            """;

    @TempDir static Path folder;
    private static int[] prompt = {};
    private static int[] generated = {};
    private static byte[][] text = {};

    @BeforeAll
    static void extract() throws IOException {
        Path model = DemoModel.extractTo(folder);
        JsonNode golden = JSON.readTree(Files.readAllBytes(model.resolve("golden.json")));
        prompt = SharedModels.ints(golden.path("prompt_ids"));
        generated = SharedModels.ints(golden.path("generated_ids"));
        JsonNode tokenizer = JSON.readTree(Files.readAllBytes(model.resolve("tokenizer.json")));
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        text = new byte[vocabulary.size()][];
        for (var token : vocabulary.properties()) {
            text[token.getValue().asInt()] = bytes(token.getKey());
        }
    }

    /** The bytes that a byte-level tokenizer writes as printable characters (GPT-2's alphabet). */
    private static byte[] bytes(String token) {
        if (token.startsWith("<|")) {
            return new byte[0];
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        token.chars().forEach(character -> bytes.write(alphabet().indexOf(character)));
        return bytes.toByteArray();
    }

    private static String alphabet() {
        StringBuilder alphabet = new StringBuilder();
        int moved = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b > 32 && b < 127) || (b > 160 && b != 173);
            alphabet.append((char) (printable ? b : moved++));
        }
        return alphabet.toString();
    }

    private static LaneHarness harness(int draftTokens) {
        Path model = folder.resolve(DemoModel.NAME);
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        DemoModel.NAME,
                        LlamaModel.load(model, CacheLimits.of(8, 512), WeightFormat.FLOAT32),
                        new GenerationConfig(8, 64, 64, 64, 0, draftTokens),
                        true,
                        EndIds.read(model),
                        id -> text[id],
                        2,
                        output));
    }

    private static Answer send(
            LaneHarness harness, @Nullable StructuredOutput form, float temperature, long seed) {
        return harness.send(slot -> {
            slot.sampling.temperature = temperature;
            slot.sampling.seed = seed;
            slot.sampling.maxTokens = form == null ? generated.length : 200;
            slot.sampling.structured = form;
            LaneHarness.prompts(slot, prompt);
        });
    }

    private static StructuredOutput form(Kind kind, String source) {
        return new StructuredOutput(kind, source, "structured_outputs." + kind);
    }

    private static String text(Answer answer) {
        int[] tokens = answer.tokens(0);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < tokens.length - answer.lastOf(0).hiddenTokens(); i++) {
            bytes.writeBytes(text[tokens[i]]);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void assertNothingHeld(LaneHarness harness) {
        GenerationUsage usage = Objects.requireNonNull(harness.lane().usage());
        Awaitility.await().until(() -> usage.running() == 0 && usage.blocksUsed() == 0);
        assertThat(usage.waiting()).isZero();
        assertThat(harness.lane().load()).isZero();
        assertThat(harness.inFlight()).isZero();
    }

    @ParameterizedTest(name = "temperature {0}, {1} drafts")
    @CsvSource({"0, 0", "1, 0", "0, 4", "1, 4"})
    void shouldWriteEveryFormSideBySide(float temperature, int draftTokens) {
        try (LaneHarness harness = harness(draftTokens)) {
            List<List<Answer>> byForm = new ArrayList<>();
            List<Answer> free = new ArrayList<>();
            for (StructuredOutput form :
                    List.of(
                            form(Kind.JSON_OBJECT, ""),
                            form(Kind.JSON_SCHEMA, SCHEMA),
                            form(Kind.REGEX, REGEX),
                            form(Kind.CHOICE, CHOICES))) {
                List<Answer> answers = new ArrayList<>();
                for (int seed = 0; seed < 4; seed++) {
                    answers.add(send(harness, form, temperature, seed));
                }
                byForm.add(answers);
                free.add(send(harness, null, 0, 0));
            }
            byForm.forEach(answers -> answers.forEach(harness::await));
            SoftAssertions all = new SoftAssertions();
            byForm.get(0).forEach(answer -> checkObject(all, answer));
            byForm.get(1).forEach(answer -> checkSchema(all, text(answer)));
            byForm.get(2).forEach(answer -> all.assertThat(text(answer)).matches(REGEX));
            byForm.get(3)
                    .forEach(answer ->
                            all.assertThat(text(answer)).isIn("pride", "prejudice", "persuasion"));
            byForm.subList(1, 4)
                    .forEach(answers ->
                            answers.forEach(answer ->
                                    all.assertThat(answer.lastOf(0).finish())
                                            .isEqualTo(FinishReason.STOP)));
            all.assertAll();
            free.forEach(answer ->
                    assertThat(harness.await(answer).tokens(0))
                            .as("the text of a neighbour that may be anything")
                            .containsExactly(generated));
            assertNothingHeld(harness);
        }
    }

    /** Whole, or cut short where the tokens were spent. */
    private static void checkObject(SoftAssertions all, Answer answer) {
        String text = text(answer);
        if (answer.lastOf(0).finish() == FinishReason.STOP) {
            all.assertThat(JSON.readTree(text).isObject()).as(text).isTrue();
        } else {
            all.assertThat(answer.tokens(0)).as(text).hasSize(200);
            all.assertThat(text.strip()).startsWith("{");
        }
    }

    private static void checkSchema(SoftAssertions all, String text) {
        JsonNode person = JSON.readTree(text);
        all.assertThat(person.propertyNames())
                .as(text)
                .containsExactlyInAnyOrder("name", "age", "wed");
        String name = person.path("name").asString();
        all.assertThat(person.path("name").isString()).as(text).isTrue();
        all.assertThat(name.codePointCount(0, name.length())).as(text).isLessThan(9);
        all.assertThat(person.path("age").isIntegralNumber()).as(text).isTrue();
        all.assertThat(person.path("age").asInt()).as(text).isBetween(0, 99);
        all.assertThat(person.path("wed").isBoolean()).as(text).isTrue();
    }

    @Test
    void shouldRefuseABadFormByItsFieldWhileOthersGoOn() {
        try (LaneHarness harness = harness(0)) {
            Answer free = send(harness, null, 0, 0);
            Answer good = send(harness, form(Kind.REGEX, REGEX), 1, 3);
            for (StructuredOutput bad :
                    List.of(
                            form(Kind.JSON_SCHEMA, "{\"type\":\"nothing\"}"),
                            form(Kind.JSON_SCHEMA, "{"),
                            form(Kind.REGEX, "(a"),
                            form(Kind.CHOICE, "[]"))) {
                Answer refused = send(harness, bad, 0, 0);
                harness.await(refused);
                assertThat(refused.status).as("%s", bad).isEqualTo(RequestStatus.INVALID);
                assertThat(refused.context.errorParam).isEqualTo(bad.field());
                assertThat(refused.errorMessage).isNotBlank();
                assertThat(refused.tokens(0)).isEmpty();
            }
            assertThat(text(harness.await(good))).matches(REGEX);
            assertThat(harness.await(free).tokens(0)).containsExactly(generated);
            assertNothingHeld(harness);
        }
    }
}

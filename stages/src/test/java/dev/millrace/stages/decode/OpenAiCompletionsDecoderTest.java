package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiCompletionsDecoderTest {
    private final DecodeFixture fixture = new DecodeFixture();

    private RequestContext decode(String body) {
        return fixture.decode(Route.OPENAI_COMPLETIONS, body);
    }

    private RequestContext accepted(String body) {
        RequestContext context = decode(body);
        assertThat(context.errorMessage).isEmpty();
        assertThat(context.status).isEqualTo(RequestStatus.OK);
        return context;
    }

    private OpenAiExchange exchange() {
        return (OpenAiExchange) Objects.requireNonNull(fixture.context.protocol);
    }

    @AfterEach
    void shouldHoldNoBuffer() {
        fixture.slot.decoded.release();
        assertThat(fixture.buffers.inUse()).isZero();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void shouldDecodeAPromptWithOpenAisDefaults() {
        RequestContext context = accepted("{\"model\":\"plain\",\"prompt\":\"Hé\"}");

        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(true, "Hé"));
        assertThat(context.promptTokens).isEqualTo(4);
        assertThat(context.runs).isEqualTo(1);
        assertThat(context.stream).isFalse();
        assertThat(Objects.requireNonNull(context.model).name()).isEqualTo("plain");
        assertThat(fixture.slot.lane).isEqualTo(1);
        assertThat(fixture.slot.sampling.temperature).isEqualTo(1f);
        assertThat(fixture.slot.sampling.topP).isEqualTo(1f);
        assertThat(fixture.slot.sampling.topK).isZero();
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(16);
        assertThat(fixture.slot.sampling.minP).isZero();
        assertThat(fixture.slot.sampling.penalises()).isFalse();
        assertThat(fixture.slot.sampling.biasedIds).isEmpty();
        assertThat(exchange().promptIds()).isEmpty();
    }

    @Test
    void shouldTakeFieldsInAnyOrderAndIgnoreUnknownOnes() {
        RequestContext context =
                accepted(
                        """
                        {"zzz": {"deep": [1, {"model": "no"}]}, "user": "u", "prompt": "x",
                         "stop": ["a", "é"], "stream_options": {"include_usage": true, "other": 1},
                         "stream": true, "top_k": 5, "top_p": 0.5, "temperature": 0,
                         "seed": -9223372036854775808, "max_tokens": 7, "min_tokens": 2,
                         "ignore_eos": true, "stop_token_ids": [3, 258], "n": 1, "best_of": 1,
                         "echo": false, "logprobs": null, "presence_penalty": 0.0,
                         "frequency_penalty": 0, "logit_bias": {}, "suffix": null,
                         "return_token_ids": true, "model": "chatty"}
                        """);

        assertThat(context.stream).isTrue();
        assertThat(exchange().includeUsage()).isTrue();
        assertThat(exchange().returnTokenIds()).isTrue();
        assertThat(exchange().promptIds()).hasSize(1);
        assertThat(exchange().promptIds().get(0)).containsExactly(0, 'x' + 1);
        assertThat(fixture.slot.sampling.stopStrings)
                .isDeepEqualTo(new byte[][] {{'a'}, "é".getBytes(StandardCharsets.UTF_8)});
        assertThat(fixture.slot.sampling.stopIds).containsExactly(3, 258);
        assertThat(fixture.slot.sampling.seed).isEqualTo(Long.MIN_VALUE);
        assertThat(fixture.slot.sampling.temperature).isZero();
        assertThat(fixture.slot.sampling.topP).isEqualTo(0.5f);
        assertThat(fixture.slot.sampling.topK).isEqualTo(5);
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(7);
        assertThat(fixture.slot.sampling.minTokens).isEqualTo(2);
        assertThat(fixture.slot.sampling.ignoreEos).isTrue();
    }

    @Test
    void shouldReadPenaltiesAndBiasesAndForgetThem() {
        String prompt = "{\"model\":\"plain\",\"prompt\":\"x\"";
        accepted(
                prompt
                        + """
                        , "min_p": 0.25, "repetition_penalty": 1.5, "presence_penalty": -2,
                         "frequency_penalty": 2.0, "logit_bias": {"9": 1},
                         "logit_bias": {"258": -100, "0": 100, "7": 2, "258": 1.5}}
                        """);
        var sampling = fixture.slot.sampling;
        assertThat(sampling.minP).isEqualTo(0.25f);
        assertThat(sampling.repetitionPenalty).isEqualTo(1.5f);
        assertThat(sampling.presencePenalty).isEqualTo(-2f);
        assertThat(sampling.frequencyPenalty).isEqualTo(2f);
        assertThat(sampling.biasedIds).containsExactly(258, 0, 7);
        assertThat(sampling.biases).containsExactly(1.5f, 100, 2);

        accepted(prompt + ",\"min_p\":null,\"logit_bias\":null,\"presence_penalty\":null}");
        assertThat(sampling.minP).isZero();
        assertThat(sampling.penalises()).isFalse();
        assertThat(sampling.biasedIds).isEmpty();
        assertThat(sampling.biases).isEmpty();
    }

    @Test
    void shouldTakeNeutralPenalties() {
        accepted(
                "{\"model\":\"plain\",\"prompt\":\"x\",\"min_p\":0,\"repetition_penalty\":1.0,"
                        + "\"presence_penalty\":-0.0,\"frequency_penalty\":0,\"length_penalty\":1}");

        assertThat(fixture.slot.sampling.penalises()).isFalse();
    }

    @Test
    void shouldDecodeManyPrompts() {
        RequestContext context = accepted("{\"model\":\"plain\",\"prompt\":[\"ab\",\"\",\"c\"]}");

        assertThat(context.runs).isEqualTo(3);
        assertThat(context.promptTokens).isEqualTo(6);
        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(true, "ab"));
        assertThat(fixture.run(1)).isEqualTo(DecodeFixture.ids(true, ""));
        assertThat(fixture.run(2)).isEqualTo(DecodeFixture.ids(true, "c"));
    }

    @Test
    void shouldTakeTokenIdsAsTheyAre() {
        accepted("{\"model\":\"plain\",\"prompt\":[5, 258, 0]}");
        assertThat(fixture.run(0)).containsExactly(5, 258, 0);

        RequestContext context = accepted("{\"model\":\"plain\",\"prompt\":[[5],[6,7]]}");
        assertThat(context.runs).isEqualTo(2);
        assertThat(fixture.run(0)).containsExactly(5);
        assertThat(fixture.run(1)).containsExactly(6, 7);
    }

    @Test
    void shouldLetTheLastOfDoubledKeysWin() {
        accepted(
                "{\"model\":\"nope\",\"prompt\":[\"a\",\"b\"],\"stop\":[\"q\"],\"stop\":\"r\","
                        + "\"prompt\":[9],\"model\":\"plain\"}");

        assertThat(fixture.run(0)).containsExactly(9);
        assertThat(fixture.context.runs).isEqualTo(1);
        assertThat(fixture.slot.sampling.stopStrings[0]).containsExactly((byte) 'r');
    }

    @Test
    void shouldKeepNothingOfTheRequestBefore() {
        accepted(
                "{\"model\":\"plain\",\"prompt\":\"x\",\"stream\":true,\"stop\":\"y\","
                        + "\"return_token_ids\":true,\"seed\":4,\"stream_options\":{}}");
        RequestContext context = accepted("{\"model\":\"plain\",\"prompt\":\"x\"}");

        assertThat(context.stream).isFalse();
        assertThat(exchange().returnTokenIds()).isFalse();
        assertThat(fixture.slot.sampling.stopStrings).isEmpty();
        assertThat(fixture.slot.sampling.seed).isNotEqualTo(4);
    }

    @Test
    void shouldDeriveTheSeedFromTheRequestId() {
        accepted("{\"model\":\"plain\",\"prompt\":\"x\"}");
        long first = fixture.slot.sampling.seed;
        accepted("{\"model\":\"plain\",\"prompt\":\"other\"}");

        assertThat(fixture.slot.sampling.seed)
                .isEqualTo(first)
                .isEqualTo(GenerationBudget.mix(DecodeFixture.REQUEST_ID));
        // SplitMix64 seeded with 0 begins with this number (Vigna's splitmix64.c).
        assertThat(GenerationBudget.mix(0)).isEqualTo(0xE220A8397B1DCDAFL);
    }

    @Test
    void shouldCutTheDefaultToWhatTheContextHasLeft() {
        accepted("{\"model\":\"plain\",\"prompt\":\"" + "x".repeat(60) + "\"}");

        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(3);
    }

    @Test
    void shouldNameTheNumbersWhenPromptAndAnswerDoNotFit() {
        RequestContext context =
                decode("{\"model\":\"plain\",\"prompt\":\"abc\",\"max_tokens\":61}");

        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorParam).isEqualTo("max_tokens");
        assertThat(context.errorMessage).contains("64", "4 in the prompt", "61", "60 are left");
        accepted("{\"model\":\"plain\",\"prompt\":\"abc\",\"max_tokens\":60}");
    }

    @Test
    void shouldRefuseAPromptThatLeavesNoRoom() {
        RequestContext context =
                decode("{\"model\":\"plain\",\"prompt\":[\"a\",\"" + "x".repeat(63) + "\"]}");

        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorParam).isEqualTo("prompt[1]");
        assertThat(context.errorMessage).contains("64 tokens");
    }

    @Test
    void shouldRefuseAHugeTextWithoutEncodingIt() {
        RequestContext context =
                decode("{\"model\":\"plain\",\"prompt\":\"" + "x".repeat(60_000) + "\"}");

        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorMessage).contains("60000 characters");
    }

    @Test
    void shouldLeaveOutSpecialTokensWhenAsked() {
        accepted("{\"model\":\"plain\",\"prompt\":\"x\",\"add_special_tokens\":false}");
        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(false, "x"));

        RequestContext none =
                decode("{\"model\":\"plain\",\"prompt\":\"\",\"add_special_tokens\":false}");
        assertThat(none.status).isEqualTo(RequestStatus.INVALID);
        assertThat(none.errorMessage).startsWith("prompt: no tokens");
    }

    @Test
    void shouldUseALargeBufferWhereTheSlotIsTooSmallAndSayWhenNoneIsFree() {
        String ids = "[" + "[1,2,3,4,5],".repeat(63) + "[1]]";
        accepted("{\"model\":\"plain\",\"prompt\":" + ids + "}");
        assertThat(fixture.buffers.inUse()).isEqualTo(1);
        assertThat(fixture.run(63)).containsExactly(1);
        fixture.slot.decoded.release();

        var first = Objects.requireNonNull(fixture.buffers.claim(1));
        var second = Objects.requireNonNull(fixture.buffers.claim(1));
        RequestContext context = decode("{\"model\":\"plain\",\"prompt\":" + ids + "}");
        assertThat(context.status).isEqualTo(RequestStatus.OVERLOADED);
        assertThat(context.retryAfterMillis).isBetween(1, 60_000);
        first.release();
        second.release();
    }
}

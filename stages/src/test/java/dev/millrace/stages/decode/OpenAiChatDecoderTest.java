package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiChatDecoderTest {
    private final DecodeFixture fixture = new DecodeFixture();

    private RequestContext decode(String fields) {
        return fixture.decode(Route.OPENAI_CHAT, "{\"model\":\"chatty\"," + fields + "}");
    }

    private RequestContext accepted(String fields) {
        RequestContext context = decode(fields);
        assertThat(context.errorMessage).isEmpty();
        assertThat(context.status).isEqualTo(RequestStatus.OK);
        return context;
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void shouldRenderMessagesWithoutAddingSpecialTokens() {
        RequestContext context =
                accepted(
                        "\"messages\":[{\"role\":\"developer\",\"content\":\"d\"},"
                                + "{\"content\":\"hi\",\"role\":\"user\",\"name\":\"n\"}]");

        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(false, "s:d;u:hi;a:"));
        assertThat(context.promptTokens).isEqualTo(11);
        assertThat(context.runs).isEqualTo(1);
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(DecodeFixture.CONTEXT - 11);
    }

    @Test
    void shouldJoinTextPartsByLines() {
        accepted(
                "\"add_generation_prompt\":false,\"messages\":[{\"role\":\"user\",\"content\":["
                        + "{\"type\":\"text\",\"text\":\"a\"},{\"text\":\"b\",\"type\":\"text\"}]}]");

        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(false, "u:a\nb;"));
    }

    @Test
    void shouldPreferMaxCompletionTokensInEitherOrder() {
        String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
        accepted(messages + ",\"max_tokens\":5,\"max_completion_tokens\":9");
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(9);
        accepted(messages + ",\"max_completion_tokens\":9,\"max_tokens\":5");
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(9);
        accepted(messages + ",\"max_tokens\":5");
        assertThat(fixture.slot.sampling.maxTokens).isEqualTo(5);

        RequestContext context = decode(messages + ",\"max_completion_tokens\":64");
        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorParam).isEqualTo("max_completion_tokens");
    }

    @Test
    void shouldReadPenaltiesAndBiases() {
        accepted(
                "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"min_p\":0.5,"
                        + "\"presence_penalty\":1,\"frequency_penalty\":-1,"
                        + "\"repetition_penalty\":1.25,\"logit_bias\":{\"3\":-7}");

        assertThat(fixture.slot.sampling.minP).isEqualTo(0.5f);
        assertThat(fixture.slot.sampling.presencePenalty).isEqualTo(1f);
        assertThat(fixture.slot.sampling.frequencyPenalty).isEqualTo(-1f);
        assertThat(fixture.slot.sampling.repetitionPenalty).isEqualTo(1.25f);
        assertThat(fixture.slot.sampling.biasedIds).containsExactly(3);
        assertThat(fixture.slot.sampling.biases).containsExactly(-7f);
    }

    @Test
    void shouldAcceptWhatChangesNothing() {
        accepted(
                "\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[],"
                        + "\"refusal\":null}],\"tools\":[],\"tool_choice\":\"none\","
                        + "\"response_format\":{\"type\":\"text\"},\"logprobs\":false,"
                        + "\"top_logprobs\":0,\"modalities\":[\"text\"],\"parallel_tool_calls\":true,"
                        + "\"metadata\":{\"a\":\"b\"},\"store\":false,\"reasoning_effort\":\"low\","
                        + "\"service_tier\":\"auto\",\"logit_bias\":null,\"stop\":null,\"seed\":null");
    }

    @Test
    void shouldEchoTheLastMessageWhereItIsTheAssistants() {
        String user = "{\"role\":\"user\",\"content\":\"x\"}";
        String assistant = "{\"role\":\"assistant\",\"content\":\"Once \\u00e9\"}";

        assertThat(echo(user + "," + assistant, "true")).containsExactly("Once é");
        assertThat(echo(user + "," + assistant, "false")).isEmpty();
        assertThat(echo(user + "," + assistant, "null")).isEmpty();
        assertThat(echo(assistant + "," + user, "true")).isEmpty();

        RequestContext context = decode("\"messages\":[" + user + "],\"echo\":\"yes\"");
        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorParam).isEqualTo("echo");
    }

    private List<String> echo(String messages, String echo) {
        RequestContext context = accepted("\"messages\":[" + messages + "],\"echo\":" + echo);
        assertThat(context.protocol).isInstanceOf(OpenAiExchange.class);
        return ((OpenAiExchange) Objects.requireNonNull(context.protocol))
                .choices().echo().stream()
                        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                        .toList();
    }

    @Test
    void shouldReadSpecialTokensInMessagesAsHuggingFaceDoes() {
        accepted("\"messages\":[{\"role\":\"user\",\"content\":\"<tool>\"}]");

        assertThat(fixture.run(0)).hasSize(6).contains(258);
    }

    @Test
    void shouldSayWhatTheTemplateRaised() {
        RequestContext context = decode("\"messages\":[{\"role\":\"user\",\"content\":\"boom\"}]");

        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorParam).isEqualTo("messages");
        assertThat(context.errorMessage).contains("no booms");
    }

    @Test
    void shouldSayThatAModelHasNoTemplate() {
        RequestContext context =
                fixture.decode(
                        Route.OPENAI_CHAT,
                        "{\"model\":\"plain\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");

        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorMessage).contains("plain", "no chat template", "/v1/completions");
    }

    @Test
    void shouldRefuseAPromptThatIsTooLong() {
        RequestContext context =
                decode("\"messages\":[{\"role\":\"user\",\"content\":\"" + "y".repeat(70) + "\"}]");

        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorParam).isEqualTo("messages");
    }
}

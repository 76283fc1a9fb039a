package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.stages.protocol.OpenAiExchange;
import dev.millrace.stages.tokenizer.ByteTokenizerFolder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many answers, what is told beside them, in which order and until when. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChoiceFieldsTest {
    private static final String CHAT =
            "{\"model\":\"chatty\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],";

    private final DecodeFixture fixture = new DecodeFixture();
    private final SamplingParams sampling = fixture.slot.sampling;

    @AfterEach
    void shouldHoldNoBuffer() {
        fixture.head = "";
        fixture.slot.decoded.release();
        assertThat(fixture.buffers.inUse()).isZero();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private RequestContext completion(String fields) {
        RequestContext context =
                fixture.decode(Route.OPENAI_COMPLETIONS, "{\"model\":\"plain\"," + fields + "}");
        assertThat(context.errorMessage).isEmpty();
        return context;
    }

    private RequestContext chat(String fields) {
        RequestContext context = fixture.decode(Route.OPENAI_CHAT, CHAT + fields + "}");
        assertThat(context.errorMessage).isEmpty();
        return context;
    }

    private RequestContext refused(String fields) {
        RequestContext context =
                fixture.decode(Route.OPENAI_COMPLETIONS, "{\"model\":\"long\"," + fields + "}");
        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        return context;
    }

    private OpenAiExchange.Choices choices() {
        return ((OpenAiExchange) Objects.requireNonNull(fixture.context.protocol)).choices();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "'n':0 | n | 1 to 128",
                "'n':129 | n | 1 to 128",
                "'best_of':0 | best_of | 1 to 20",
                "'best_of':21 | best_of | 1 to 20",
                "'n':3,'best_of':2 | best_of | at least n, 3, got 2",
                "'best_of':2,'stream':true | best_of | expected n, 1",
                "'echo':1 | echo | true or false",
                "'logprobs':21 | logprobs | 0 to 20",
                "'logprobs':-1 | logprobs | 0 to 20",
                "'logprobs':true | logprobs | 0 to 20",
                "'top_logprobs':1 | top_logprobs | logprobs",
                "'prompt_logprobs':-1 | prompt_logprobs | 0 to 20",
                "'prompt_logprobs':0,'stream':true | prompt_logprobs | stream",
                "'priority':2147483648 | priority | 32 bits",
                "'cache_salt':'' | cache_salt | not empty",
                "'cache_salt':5 | cache_salt | not empty"
            })
    void shouldRefuseInACompletion(String fields, String param, String words) {
        RequestContext context = refused(quoted("'prompt':'x'," + fields));

        assertThat(context.errorParam).isEqualTo(param);
        assertThat(context.errorMessage).startsWith(param + ": ").contains(words);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "'n':129 | n | 1 to 128",
                "'max_tokens':0 | max_tokens | at least 1",
                "'echo':1 | echo | true or false",
                "'logprobs':1 | logprobs | true or false",
                "'top_logprobs':2 | top_logprobs | got 2",
                "'logprobs':false,'top_logprobs':2 | top_logprobs | true beside it",
                "'logprobs':true,'top_logprobs':21 | top_logprobs | 0 to 20",
                "'prompt_logprobs':21 | prompt_logprobs | 0 to 20"
            })
    void shouldRefuseInAChat(String fields, String param, String words) {
        RequestContext context = fixture.decode(Route.OPENAI_CHAT, CHAT + quoted(fields) + "}");

        assertThat(context.status).isEqualTo(RequestStatus.INVALID);
        assertThat(context.errorParam).isEqualTo(param);
        assertThat(context.errorMessage).startsWith(param + ": ").contains(words);
    }

    private static String quoted(String fields) {
        return fields.replace('\'', '"');
    }

    @Test
    void shouldAskForOneChoiceWithoutLogprobsByDefault() {
        RequestContext context = completion("\"prompt\":\"x\"");

        assertThat(sampling.n).isEqualTo(1);
        assertThat(sampling.bestOf).isEqualTo(1);
        assertThat(sampling.echo).isFalse();
        assertThat(sampling.logprobs).isEqualTo(-1);
        assertThat(sampling.promptLogprobs).isEqualTo(-1);
        assertThat(sampling.priority).isZero();
        assertThat(sampling.cacheSalt).isZero();
        assertThat(context.deadlineNanos).isEqualTo(Long.MAX_VALUE);
        assertThat(choices().echo()).isEmpty();
    }

    @Test
    void shouldAnswerEachPromptNTimes() {
        RequestContext context = completion("\"prompt\":[\"ab\",\"c\"],\"n\":3");

        assertThat(context.runs).isEqualTo(6);
        assertThat(context.promptTokens).isEqualTo(5);
        assertThat(PromptRuns.count(fixture.slot.decoded.buffer())).isEqualTo(2);
        assertThat(sampling.n).isEqualTo(3);
        assertThat(sampling.bestOf).isEqualTo(3);
        assertThat(choices().n()).isEqualTo(3);
    }

    @Test
    void shouldAnswerAChatNTimes() {
        RequestContext context = chat("\"n\":128,\"stream\":true");

        assertThat(context.runs).isEqualTo(128);
        assertThat(sampling.bestOf).isEqualTo(128);
    }

    @Test
    void shouldTakeBestOfWhereverItComes() {
        RequestContext context = completion("\"best_of\":5,\"prompt\":\"x\",\"n\":2");

        assertThat(context.runs).isEqualTo(2);
        assertThat(sampling.n).isEqualTo(2);
        assertThat(sampling.bestOf).isEqualTo(5);
        completion("\"n\":2,\"best_of\":2,\"prompt\":\"x\",\"stream\":true");
        assertThat(sampling.bestOf).isEqualTo(2);
    }

    @Test
    void shouldBoundTheGenerationsOfARequest() {
        completion("\"prompt\":[" + "\"x\",".repeat(63) + "\"x\"],\"n\":2");

        RequestContext context = refused("\"prompt\":[" + "\"x\",".repeat(63) + "\"x\"],\"n\":3");
        assertThat(context.errorParam).isEqualTo("n");
        assertThat(context.errorMessage).contains("at most 2 for 64 prompts", "128", "got 3");

        context = refused("\"prompt\":[" + "\"x\",".repeat(9) + "\"x\"],\"best_of\":13");
        assertThat(context.errorParam).isEqualTo("best_of");
        assertThat(context.errorMessage).contains("at most 12 for 10 prompts", "got 13");
    }

    @Test
    void shouldTakeTheCompletionFormOfLogprobs() {
        completion("\"prompt\":\"x\",\"logprobs\":0");
        assertThat(sampling.logprobs).isZero();
        completion("\"prompt\":\"x\",\"logprobs\":20,\"prompt_logprobs\":3");
        assertThat(sampling.logprobs).isEqualTo(20);
        assertThat(sampling.promptLogprobs).isEqualTo(3);
        assertThat(sampling.promptAlternatives()).isEqualTo(3);
        assertThat(choices().logprobs()).isEqualTo(20);
        assertThat(choices().promptLogprobs()).isEqualTo(3);
        completion("\"prompt\":\"x\",\"logprobs\":false,\"top_logprobs\":0");
        assertThat(sampling.logprobs).isEqualTo(-1);
        completion("\"prompt\":\"x\",\"logprobs\":null,\"prompt_logprobs\":null");
        assertThat(sampling.promptAlternatives()).isEqualTo(-1);
    }

    @Test
    void shouldTakeTheChatFormOfLogprobs() {
        chat("\"logprobs\":true");
        assertThat(sampling.logprobs).isZero();
        chat("\"top_logprobs\":20,\"logprobs\":true,\"prompt_logprobs\":0");
        assertThat(sampling.logprobs).isEqualTo(20);
        assertThat(sampling.promptLogprobs).isZero();
        chat("\"top_logprobs\":0,\"logprobs\":false");
        assertThat(sampling.logprobs).isEqualTo(-1);
    }

    @Test
    void shouldEchoThePromptAsItWasWritten() {
        completion("\"prompt\":[\"Hé\",\"\"],\"echo\":true,\"logprobs\":2");

        assertThat(sampling.echo).isTrue();
        assertThat(sampling.promptAlternatives()).isEqualTo(2);
        assertThat(choices().echo()).containsExactly(utf8("Hé"), utf8(""));
    }

    @Test
    void shouldEchoTheBytesOfAPromptOfIds() {
        // The first half of é, then a special token, which has no text.
        completion("\"prompt\":[73,196," + ByteTokenizerFolder.EOT + "],\"echo\":true");

        assertThat(choices().echo()).containsExactly(new byte[] {'H', (byte) 0xC3});
        assertThat(sampling.promptAlternatives()).isEqualTo(-1);
    }

    @Test
    void shouldLetAnEchoStandAlone() {
        completion("\"prompt\":\"x\",\"max_tokens\":0,\"echo\":true,\"logprobs\":1");

        assertThat(sampling.maxTokens).isZero();
    }

    @Test
    void shouldTakePriorityAndSalt() {
        completion("\"prompt\":\"x\",\"priority\":-2147483648,\"cache_salt\":\"abc\"");

        assertThat(sampling.priority).isEqualTo(Integer.MIN_VALUE);
        // FIPS 180-2, B.1: SHA-256 of "abc" begins so.
        assertThat(sampling.cacheSalt).isEqualTo(0xba7816bf8f01cfeaL);
        chat("\"priority\":7,\"cache_salt\":\"abd\"");
        assertThat(sampling.priority).isEqualTo(7);
        assertThat(sampling.cacheSalt).isNotZero().isNotEqualTo(0xba7816bf8f01cfeaL);
    }

    @Test
    void shouldCountADeadlineFromArrival() {
        fixture.head =
                """
                POST /v1/completions HTTP/1.1
                content-type: application/json
                x-request-deadline-ms: 250
                user-agent: x-request-deadline-ms: 9
                """
                        .replace("\n", "\r\n");
        RequestContext context = completion("\"prompt\":\"x\"");

        long deadline = DecodeFixture.ARRIVAL_NANOS + 250_000_000;
        assertThat(context.deadlineNanos).isEqualTo(deadline);
        assertThat(context.expired(deadline - 1)).isFalse();
        assertThat(context.expired(deadline)).isTrue();
    }

    @Test
    void shouldRefuseADeadlineThatIsNoTime() {
        for (String value : new String[] {"0", "-1", "1.5", "soon", "", "2147483648", "9e9"}) {
            fixture.head = "POST / HTTP/1.1\r\nx-request-deadline-ms: " + value + "\r\n";
            RequestContext context = refused("\"prompt\":\"x\"");

            assertThat(context.errorParam).isEqualTo("x-request-deadline-ms");
            assertThat(context.errorMessage).contains("1 to 2147483647", '"' + value + '"');
        }
    }

    @Test
    void shouldBoundTheLogprobsThatAreGatheredForOneAnswer() {
        String many = "\"prompt\":\"x\",\"max_tokens\":50000,\"logprobs\":20";
        RequestContext context = refused(many);
        assertThat(context.errorParam).isEqualTo("logprobs");
        assertThat(context.errorMessage).contains("1050000", "1048576", "max_tokens");

        // A stream keeps none of them.
        fixture.decode(
                Route.OPENAI_COMPLETIONS, "{\"model\":\"long\",\"stream\":true," + many + "}");
        assertThat(fixture.context.status).isEqualTo(RequestStatus.OK);
    }
}

package dev.millrace.stages.reply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Log probabilities, echoes and choices in both forms, whole and streamed. */
class LogprobReplyTest {
    private static final int BOS = 0;
    private static final int EOS = 1;
    private static final int IT = 2;
    private static final int IS = 3;
    private static final int HALF = 4;
    private static final int REST = 5;
    private static final int IT_TOO = 6;
    private static final int UNKNOWN = 7;

    private final Replies replies = new Replies(new ReplyHandler("fp_test"));
    private final RecordingReplySink sink = new RecordingReplySink();

    @AfterEach
    void close() {
        replies.close();
    }

    /** Two special tokens, words, the halves of "é", a second way to write "It". */
    private static final TokenBytes VOCABULARY =
            new TokenBytes() {
                private static final byte[][] BYTES = {
                    {}, {}, utf8("It"), utf8(" is"), {(byte) 0xC3}, {(byte) 0xA9}, utf8("It"), {}
                };

                @Override
                public byte[] bytesOf(int tokenId) {
                    return BYTES[tokenId];
                }

                @Override
                public byte[] nameOf(int tokenId) {
                    return switch (tokenId) {
                        case BOS -> utf8("<s>");
                        case EOS -> utf8("</s>");
                        default -> bytesOf(tokenId);
                    };
                }
            };

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private RequestContext request(Route route, OpenAiExchange.Choices choices) {
        var exchange =
                new OpenAiExchange(VOCABULARY, false, false, false, false, List.of(), choices);
        RequestContext context = replies.request(route, ModelKind.GENERATE, exchange);
        context.sink = sink;
        return context;
    }

    private RequestContext completion(int logprobs) {
        return request(
                Route.OPENAI_COMPLETIONS, new OpenAiExchange.Choices(1, List.of(), logprobs, -1));
    }

    private RequestContext chat(int logprobs) {
        return request(Route.OPENAI_CHAT, new OpenAiExchange.Choices(1, List.of(), logprobs, -1));
    }

    private void answer(
            RequestContext context, int run, int top, FinishReason finish, Scored... tokens)
            throws Exception {
        ReplySlot slot = replies.scored(context, run, top, tokens);
        slot.finish = finish;
        slot.last = finish != FinishReason.NONE;
        replies.handle(slot, true);
    }

    private static JsonNode json(String text) {
        return new JsonMapper().readTree(text.replace('\'', '"'));
    }

    private List<JsonNode> chunks(Contract contract) {
        var chunks = new ArrayList<JsonNode>();
        for (String event : sink.events()) {
            if (!event.equals("[DONE]")) {
                chunks.add(ContractValidator.check(contract, event));
            }
        }
        return chunks;
    }

    @Test
    void shouldPutACompletionsLogprobsIntoFourArrays() throws Exception {
        RequestContext context = completion(2);
        answer(context, 0, 2, FinishReason.NONE, Scored.token(IT, -0.5, 1, IT, -0.5, EOS, -1.25));
        // Not among its alternatives, so told of beside them.
        answer(context, 0, 2, FinishReason.LENGTH, Scored.token(IS, -3, 9, IT, -0.25, EOS, -1));

        JsonNode logprobs =
                ContractValidator.check(Contract.COMPLETION, sink.body()).at("/choices/0/logprobs");
        assertThat(logprobs)
                .isEqualTo(
                        json(
                                "{'text_offset':[0,2],'token_logprobs':[-0.5,-3.0],"
                                        + "'tokens':['It',' is'],'top_logprobs':["
                                        + "{'It':-0.5,'</s>':-1.25},"
                                        + "{'It':-0.25,'</s>':-1.0,' is':-3.0}]}"));
    }

    @Test
    void shouldCutAlternativesToThoseAskedForAndThere() throws Exception {
        // The lane tells of three, since somebody else asked for as many.
        RequestContext context = completion(1);
        answer(
                context,
                0,
                3,
                FinishReason.LENGTH,
                Scored.token(IT, -0.5, 1, IT, -0.5, EOS, -1, IS, -2),
                Scored.token(IT, -0.5, 1));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices/0/logprobs/top_logprobs"))
                .isEqualTo(json("[{'It':-0.5},{'It':-0.5}]"));
    }

    @Test
    void shouldNameTokensWithoutTextAndNeverTwoAlike() throws Exception {
        RequestContext context = completion(4);
        answer(
                context,
                0,
                4,
                FinishReason.LENGTH,
                Scored.token(
                        IT_TOO,
                        Double.NEGATIVE_INFINITY,
                        6,
                        IT,
                        -1,
                        HALF,
                        -2,
                        UNKNOWN,
                        -3,
                        EOS,
                        Double.NEGATIVE_INFINITY));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices/0/logprobs/top_logprobs/0"))
                .isEqualTo(
                        json("{'It':-1.0,'bytes:\\\\xc3':-2.0,'token_id:7':-3.0,'</s>':-9999.0}"));
        assertThat(answer.at("/choices/0/logprobs/token_logprobs")).isEqualTo(json("[-9999.0]"));
    }

    @Test
    void shouldCountOffsetsInCodePointsOfTheTextSoFar() throws Exception {
        RequestContext context = completion(0);
        context.stream = true;
        for (int id : new int[] {HALF, REST, IT}) {
            answer(context, 0, 0, FinishReason.NONE, Scored.token(id, -1, 1));
        }
        answer(context, 0, 0, FinishReason.LENGTH, Scored.token(IS, -1, 1));

        List<JsonNode> chunks = chunks(Contract.COMPLETION_CHUNK);
        assertThat(chunks.stream().map(c -> c.at("/choices/0/text").asString()))
                .containsExactly("", "é", "It", " is");
        assertThat(chunks.stream().map(c -> c.at("/choices/0/logprobs/text_offset/0").asInt()))
                .containsExactly(0, 0, 1, 3);
        assertThat(chunks.get(1).at("/choices/0/logprobs/tokens"))
                .isEqualTo(json("['bytes:\\\\xa9']"));
    }

    @Test
    void shouldTellNothingOfTokensThatAStopHides() throws Exception {
        RequestContext context = completion(0);
        ReplySlot slot =
                replies.scored(
                        context, 0, 0, Scored.token(IT, -1, 1), Scored.token(EOS, -0.125, 1));
        slot.finish = FinishReason.STOP;
        slot.hiddenTokens = 1;
        slot.last = true;
        replies.handle(slot, true);

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices/0/logprobs/tokens")).isEqualTo(json("['It']"));
        assertThat(answer.at("/choices/0/logprobs/token_logprobs")).isEqualTo(json("[-1.0]"));
    }

    @Test
    void shouldTellTheBytesOfEachTokenOfAChat() throws Exception {
        RequestContext context = chat(2);
        answer(
                context,
                0,
                2,
                FinishReason.LENGTH,
                Scored.token(IT, -0.5, 1, IT, -0.5, EOS, -1.5),
                Scored.token(HALF, -2, 4, EOS, -1));

        JsonNode answer = ContractValidator.check(Contract.CHAT, sink.body());
        assertThat(answer.at("/choices/0/logprobs"))
                .isEqualTo(
                        json(
                                "{'content':[{'token':'It','logprob':-0.5,'bytes':[73,116],"
                                        + "'top_logprobs':["
                                        + "{'token':'It','logprob':-0.5,'bytes':[73,116]},"
                                        + "{'token':'</s>','logprob':-1.5,'bytes':null}]},"
                                        + "{'token':'\\\\xc3','logprob':-2.0,'bytes':[195],"
                                        + "'top_logprobs':["
                                        + "{'token':'</s>','logprob':-1.0,'bytes':null}]}],"
                                        + "'refusal':null}"));
    }

    @Test
    void shouldStreamTheLogprobsOfEachChunksTokens() throws Exception {
        RequestContext context = chat(0);
        context.stream = true;
        answer(context, 0, 0, FinishReason.NONE, Scored.token(HALF, -1, 1));
        answer(context, 0, 0, FinishReason.STOP, Scored.token(REST, -2, 1));

        List<JsonNode> chunks = chunks(Contract.CHAT_CHUNK);
        assertThat(chunks.stream().map(c -> c.at("/choices/0/delta").toString()))
                .containsExactly(
                        "{\"role\":\"assistant\",\"content\":\"\"}",
                        "{\"content\":\"\"}",
                        "{\"content\":\"é\"}",
                        "{}");
        String pointer = "/choices/0/logprobs/content";
        assertThat(chunks.get(0).at("/choices/0/logprobs").isNull()).isTrue();
        assertThat(chunks.get(1).at(pointer))
                .isEqualTo(
                        json(
                                "[{'token':'\\\\xc3','logprob':-1.0,'bytes':[195],"
                                        + "'top_logprobs':[]}]"));
        assertThat(chunks.get(2).at(pointer + "/0/bytes")).isEqualTo(json("[169]"));
        assertThat(chunks.get(3).at("/choices/0/logprobs").isNull()).isTrue();
    }

    private RequestContext echoing(int n, int logprobs, int promptLogprobs, String... prompts) {
        List<byte[]> echo = new ArrayList<>();
        for (String prompt : prompts) {
            echo.add(utf8(prompt));
        }
        RequestContext context =
                request(
                        Route.OPENAI_COMPLETIONS,
                        new OpenAiExchange.Choices(n, echo, logprobs, promptLogprobs));
        context.runs = n * prompts.length;
        return context;
    }

    @Test
    void shouldEchoThePromptBeforeEachOfItsChoices() throws Exception {
        RequestContext context = echoing(2, -1, -1, "Oh, it", "So");
        int[] words = {IT, IS, HALF, IT_TOO};
        for (int run = 3; run >= 0; run--) {
            replies.tokens(context, run, FinishReason.LENGTH, run == 0, words[run]);
        }

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices").valueStream().map(c -> c.at("/text").asString()))
                .containsExactly("Oh, itIt", "Oh, it is", "So\uFFFD", "SoIt");
        assertThat(answer.at("/choices").valueStream().map(c -> c.at("/index").asInt()))
                .containsExactly(0, 1, 2, 3);
        assertThat(answer.at("/choices/0/logprobs").isNull()).isTrue();
    }

    @Test
    void shouldTellOfThePromptsTokensBeforeTheAnswers() throws Exception {
        // As SentencePiece does: a space that the prompt does not have, and a first special token.
        RequestContext context = echoing(2, 1, -1, "is é");
        replies.prompt(context, 0, 1, Scored.first(BOS), Scored.token(IS, -1, 1, IS, -1));
        // A byte for the space, then both halves of a code point.
        replies.prompt(
                context,
                0,
                1,
                Scored.token(HALF, -2, 2, IS, -1),
                Scored.token(REST, -0.5, 1, REST, -0.5));
        answer(context, 1, 1, FinishReason.NONE, Scored.token(IT, -4, 3, IS, -0.5));
        replies.tokens(context, 1, FinishReason.LENGTH, false);
        answer(context, 0, 1, FinishReason.LENGTH, Scored.token(IS, -1, 1, IS, -1));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION_ECHO, sink.body());
        assertThat(answer.at("/choices/1/text").asString()).isEqualTo("is éIt");
        assertThat(answer.at("/choices/1/logprobs"))
                .isEqualTo(
                        json(
                                "{'text_offset':[0,0,2,3,4],"
                                        + "'token_logprobs':[null,-1.0,-2.0,-0.5,-4.0],"
                                        + "'tokens':['<s>',' is','bytes:\\\\xc3','bytes:\\\\xa9','It'],"
                                        + "'top_logprobs':[null,{' is':-1.0},"
                                        + "{' is':-1.0,'bytes:\\\\xc3':-2.0},{'bytes:\\\\xa9':-0.5},"
                                        + "{' is':-0.5,'It':-4.0}]}"));
        assertThat(answer.at("/choices/0/logprobs/tokens/4").asString()).isEqualTo(" is");
        assertThat(answer.at("/choices/0/logprobs/token_logprobs").size()).isEqualTo(5);
    }

    @Test
    void shouldStreamAnEchoOnceForEachChoice() throws Exception {
        RequestContext context = echoing(2, 0, -1, "It");
        context.stream = true;
        replies.prompt(context, 0, 0, Scored.first(IT));
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.OPEN);
        answer(context, 1, 0, FinishReason.NONE, Scored.token(IS, -1, 1));
        answer(context, 1, 0, FinishReason.NONE, Scored.token(IT, -2, 1));
        replies.tokens(context, 1, FinishReason.LENGTH, false);
        answer(context, 0, 0, FinishReason.LENGTH, Scored.token(IT, -3, 1));

        List<JsonNode> chunks = chunks(Contract.COMPLETION_ECHO);
        assertThat(
                        chunks.stream()
                                .map(c ->
                                        c.at("/choices/0/index")
                                                + c.at("/choices/0/text").asString()
                                                + c.at("/choices/0/logprobs/token_logprobs")
                                                + c.at("/choices/0/logprobs/text_offset")))
                .containsExactly(
                        "1It is[null,-1.0][0,2]", "1It[-2.0][5]", "1[][]", "0ItIt[null,-3.0][0,2]");
    }

    @Test
    void shouldAnswerAnEchoWithoutAnythingBehindIt() throws Exception {
        RequestContext context = echoing(1, 0, -1, "It");
        context.promptTokens = 1;
        replies.prompt(context, 0, 0, Scored.first(IT));
        replies.tokens(context, 0, FinishReason.LENGTH, true);

        JsonNode answer = ContractValidator.check(Contract.COMPLETION_ECHO, sink.body());
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("It");
        assertThat(answer.at("/choices/0/logprobs/tokens")).isEqualTo(json("['It']"));
        assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(answer.at("/usage/completion_tokens").asInt()).isZero();
    }

    @Test
    void shouldTellOfThePromptInVllmsFormInEachChoice() throws Exception {
        RequestContext context =
                request(Route.OPENAI_COMPLETIONS, new OpenAiExchange.Choices(2, List.of(), -1, 1));
        context.runs = 2;
        replies.prompt(
                context,
                0,
                1,
                Scored.first(IT),
                Scored.token(HALF, Double.NEGATIVE_INFINITY, 8, IS, -0.5),
                Scored.token(IS, -0.5, 1, IS, -0.5));
        replies.tokens(context, 1, FinishReason.LENGTH, false, IT);
        replies.tokens(context, 0, FinishReason.LENGTH, true, IT);

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        String is = "'3':{'logprob':-0.5,'rank':1,'decoded_token':' is'}";
        JsonNode expected =
                json(
                        "[null,{'4':{'logprob':-9999.0,'rank':8,'decoded_token':'\uFFFD'},"
                                + is
                                + "},{"
                                + is
                                + "}]");
        assertThat(answer.at("/choices/0/prompt_logprobs")).isEqualTo(expected);
        assertThat(answer.at("/choices/1/prompt_logprobs")).isEqualTo(expected);
        assertThat(answer.at("/choices/0/logprobs").isNull()).isTrue();
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("It");
    }

    @Test
    void shouldTellOfAChatsPromptBesideItsChoices() throws Exception {
        RequestContext context =
                request(Route.OPENAI_CHAT, new OpenAiExchange.Choices(2, List.of(), -1, 0));
        context.runs = 2;
        replies.prompt(context, 0, 0, Scored.first(BOS), Scored.token(EOS, -1, 2));
        replies.tokens(context, 0, FinishReason.STOP, false, IT);
        replies.tokens(context, 1, FinishReason.LENGTH, true, IS);

        JsonNode answer = ContractValidator.check(Contract.CHAT, sink.body());
        assertThat(answer.at("/prompt_logprobs"))
                .isEqualTo(json("[null,{'1':{'logprob':-1.0,'rank':2,'decoded_token':'</s>'}}]"));
        assertThat(
                        answer.at("/choices")
                                .valueStream()
                                .map(c -> c.at("/message/content").asString()))
                .containsExactly("It", " is");
        assertThat(answer.at("/choices").valueStream().map(c -> c.at("/finish_reason").asString()))
                .containsExactly("stop", "length");
    }

    @Test
    void shouldBeginEveryChoiceOfAStreamedChatWithItsRole() throws Exception {
        RequestContext context =
                request(Route.OPENAI_CHAT, new OpenAiExchange.Choices(2, List.of(), -1, -1));
        context.runs = 2;
        context.stream = true;
        replies.tokens(context, 1, FinishReason.LENGTH, false, IS);
        replies.tokens(context, 0, FinishReason.STOP, true, IT);

        assertThat(
                        chunks(Contract.CHAT_CHUNK).stream()
                                .map(c ->
                                        c.at("/choices/0/index")
                                                + c.at("/choices/0/delta").toString()))
                .containsExactly(
                        "0{\"role\":\"assistant\",\"content\":\"\"}",
                        "1{\"role\":\"assistant\",\"content\":\"\"}",
                        "1{\"content\":\" is\"}",
                        "1{}",
                        "0{\"content\":\"It\"}",
                        "0{}");
    }

    @Test
    void shouldForgetAPromptWithItsRequest() throws Exception {
        RequestContext first = echoing(1, 0, -1, "It");
        replies.prompt(first, 0, 0, Scored.first(IT));
        answer(first, 0, 0, FinishReason.LENGTH, Scored.token(IS, -1, 1));
        replies.rings.inFlight().release(first);

        var again = new RecordingReplySink();
        RequestContext second = completion(0);
        second.sink = again;
        answer(second, 0, 0, FinishReason.LENGTH, Scored.token(IS, -1, 1));
        JsonNode answer = ContractValidator.check(Contract.COMPLETION, again.body());
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo(" is");
        assertThat(answer.at("/choices/0/logprobs/text_offset")).isEqualTo(json("[0]"));
    }
}

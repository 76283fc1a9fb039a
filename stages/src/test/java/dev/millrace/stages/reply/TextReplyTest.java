package dev.millrace.stages.reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Completions and chat, whole and streamed; token ids stand for single bytes. */
class TextReplyTest {
    private static final String FINGERPRINT = "fp_test";

    private final Replies replies = new Replies(new ReplyHandler(FINGERPRINT));
    private final RecordingReplySink sink = new RecordingReplySink();

    @AfterEach
    void close() {
        replies.close();
    }

    @Test
    void shouldAnswerACompletionWhole() throws Exception {
        RequestContext context = completion(exchange(false, false));
        context.promptTokens = 5;
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("It is a "));
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.OPEN);
        replies.tokens(context, 0, FinishReason.LENGTH, true, Replies.bytesOf("truth"));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(sink.status()).isEqualTo(200);
        assertThat(answer.at("/id").asString()).isEqualTo("cmpl-0000000000000001");
        assertThat(answer.at("/object").asString()).isEqualTo("text_completion");
        assertThat(answer.at("/created").asLong()).isEqualTo(1_700_000_000L);
        assertThat(answer.at("/model").asString()).isEqualTo("tiny");
        assertThat(answer.at("/system_fingerprint").asString()).isEqualTo(FINGERPRINT);
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("It is a truth");
        assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(answer.at("/choices/0/logprobs").isNull()).isTrue();
        assertThat(answer.at("/choices/0").has("token_ids")).isFalse();
        assertThat(answer.at("/usage").toString())
                .isEqualTo(
                        "{\"prompt_tokens\":5,\"completion_tokens\":13,\"total_tokens\":18,"
                                + "\"prompt_tokens_details\":{\"cached_tokens\":0}}");
        assertThat(sink.unflushed()).isZero();
    }

    @Test
    void shouldAnswerEachRunAsAChoiceInOrder() throws Exception {
        RequestContext context = completion(exchange(false, false));
        context.runs = 3;
        replies.tokens(context, 2, FinishReason.STOP, false, Replies.bytesOf("three"));
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("o"));
        replies.tokens(context, 1, FinishReason.LENGTH, false, Replies.bytesOf("two"));
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("ne"));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices").size()).isEqualTo(3);
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("one");
        assertThat(answer.at("/choices/1/text").asString()).isEqualTo("two");
        assertThat(answer.at("/choices/2/text").asString()).isEqualTo("three");
        assertThat(answer.at("/choices/2/index").asInt()).isEqualTo(2);
        assertThat(answer.at("/choices/1/finish_reason").asString()).isEqualTo("length");
    }

    @Test
    void shouldStreamACompletionInChunksThatJoinToTheWhole() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        int[] tokens = Replies.bytesOf("né 🙂!");
        for (int i = 0; i < tokens.length - 1; i++) {
            replies.tokens(context, 0, FinishReason.NONE, false, tokens[i]);
        }
        replies.tokens(context, 0, FinishReason.LENGTH, true, tokens[tokens.length - 1]);

        List<JsonNode> chunks = chunks(Contract.COMPLETION_CHUNK);
        assertThat(chunks).hasSize(5);
        assertThat(joined(chunks, "/choices/0/text")).isEqualTo("né 🙂!");
        assertThat(chunks).allMatch(chunk -> !chunk.has("usage"));
        assertThat(chunks.getFirst().at("/choices/0/finish_reason").isNull()).isTrue();
        assertThat(chunks.getLast().at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ENDED);
        assertThat(sink.body()).endsWith("}\n\ndata: [DONE]\n\n");
    }

    @Test
    void shouldSendTheTotalsInAChunkOfTheirOwnWhereAskedFor() throws Exception {
        RequestContext context = streamed(completion(exchange(true, false)));
        context.promptTokens = 2;
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("a"));
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("b"));

        List<JsonNode> chunks = chunks(Contract.COMPLETION_CHUNK);
        assertThat(chunks).hasSize(3);
        assertThat(chunks.subList(0, 2)).allMatch(chunk -> chunk.at("/usage").isNull());
        assertThat(chunks.getLast().at("/choices").isEmpty()).isTrue();
        assertThat(chunks.getLast().at("/usage/total_tokens").asInt()).isEqualTo(4);
    }

    @Test
    void shouldAnswerAChatWhole() throws Exception {
        RequestContext context =
                replies.request(Route.OPENAI_CHAT, ModelKind.GENERATE, exchange(false, false));
        context.sink = sink;
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("\"Hi\"\n"));

        JsonNode answer = ContractValidator.check(Contract.CHAT, sink.body());
        assertThat(answer.at("/id").asString()).startsWith("chatcmpl-");
        assertThat(answer.at("/object").asString()).isEqualTo("chat.completion");
        assertThat(answer.at("/choices/0/message").toString())
                .isEqualTo(
                        "{\"role\":\"assistant\",\"content\":\"\\\"Hi\\\"\\n\",\"refusal\":null}");
        assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    }

    @Test
    void shouldStreamAChatFromItsRoleToItsEnd() throws Exception {
        RequestContext context =
                streamed(
                        replies.request(
                                Route.OPENAI_CHAT, ModelKind.GENERATE, exchange(true, false)));
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("Hel"));
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("lo"));

        List<JsonNode> chunks = chunks(Contract.CHAT_CHUNK);
        assertThat(chunks.stream().map(chunk -> chunk.at("/choices/0/delta").toString()))
                .containsExactly(
                        "{\"role\":\"assistant\",\"content\":\"\"}",
                        "{\"content\":\"Hel\"}",
                        "{\"content\":\"lo\"}",
                        "{}",
                        "");
        assertThat(chunks.stream().map(chunk -> chunk.at("/choices/0/finish_reason").asString()))
                .containsExactly("", "", "", "stop", "");
        assertThat(chunks.subList(0, 4)).allMatch(chunk -> chunk.at("/usage").isNull());
        assertThat(chunks.getLast().at("/usage/completion_tokens").asInt()).isEqualTo(5);
        assertThat(chunks.stream().map(chunk -> chunk.at("/id").asString()).distinct()).hasSize(1);
    }

    @Test
    void shouldDropTheBytesThatAStopHides() throws Exception {
        RequestContext context = completion(exchange(false, true));
        replies.tokens(context, 0, FinishReason.STOP, 4, true, Replies.bytesOf("yes\nEND"));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("yes");
        assertThat(answer.at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        // Every token that was sampled, as many as usage counts.
        assertThat(answer.at("/choices/0/token_ids").size()).isEqualTo(7);
        assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(7);
    }

    /** Before min_tokens a stop string is text like any other; only the lane can know. */
    @Test
    void shouldLeaveAStopStringThatTheLaneLetPass() throws Exception {
        var exchange = new OpenAiExchange(TextReplyTest::bytes, false, false, false, List.of());
        RequestContext context = completion(exchange);
        replies.tokens(context, 0, FinishReason.STOP, 3, true, Replies.bytesOf("an END, the END"));

        JsonNode answer = ContractValidator.check(Contract.COMPLETION, sink.body());
        assertThat(answer.at("/choices/0/text").asString()).isEqualTo("an END, the ");
    }

    /** Tokens of several bytes, a hidden tail that may begin inside one, every split. */
    @Test
    void shouldHideTheTailWhereverItBegins() throws Exception {
        List<byte[]> tokens = utf8Tokens("日", "本語 a", "aab", "é", "🙂E", "ND ");
        byte[] all = "日本語 aaabé🙂END ".getBytes(StandardCharsets.UTF_8);
        for (int hidden = 0; hidden <= all.length; hidden++) {
            String expected = MaximalSubparts.decode(Arrays.copyOf(all, all.length - hidden));
            for (int first = 0; first <= tokens.size(); first++) {
                int bytesBefore = tokens.subList(0, first).stream().mapToInt(t -> t.length).sum();
                if (all.length - bytesBefore < hidden) {
                    continue;
                }
                var hiding = new RecordingReplySink();
                RequestContext context = completion(exchange(tokens));
                context.sink = hiding;
                replies.tokens(
                        context, 0, FinishReason.NONE, false, IntStream.range(0, first).toArray());
                replies.tokens(
                        context,
                        0,
                        FinishReason.STOP,
                        hidden,
                        true,
                        IntStream.range(first, tokens.size()).toArray());
                assertThat(
                                ContractValidator.check(Contract.COMPLETION, hiding.body())
                                        .at("/choices/0/text")
                                        .asString())
                        .isEqualTo(expected);
                replies.rings.inFlight().release(context);
            }
        }
    }

    private static List<byte[]> utf8Tokens(String... tokens) {
        return Arrays.stream(tokens).map(token -> token.getBytes(StandardCharsets.UTF_8)).toList();
    }

    private static OpenAiExchange exchange(List<byte[]> tokens) {
        return new OpenAiExchange(tokens::get, false, false, false, List.of());
    }

    @Test
    void shouldReturnTokenIdsWithTheirPromptOncePerRun() throws Exception {
        var exchange =
                new OpenAiExchange(
                        TextReplyTest::bytes,
                        false,
                        false,
                        true,
                        List.of(new int[] {7, 8}, new int[] {9}));
        RequestContext context = streamed(completion(exchange));
        context.runs = 2;
        // Half a code point has ids but no text yet.
        replies.tokens(context, 0, FinishReason.NONE, false, 0xC3);
        replies.tokens(context, 1, FinishReason.LENGTH, false, 'b');
        replies.tokens(context, 0, FinishReason.LENGTH, true, 0xA9);

        assertThat(
                        chunks(Contract.COMPLETION_CHUNK).stream()
                                .map(c -> c.at("/choices/0").toString()))
                .containsExactly(
                        "{\"index\":0,\"text\":\"\",\"logprobs\":null,\"finish_reason\":null,"
                                + "\"prompt_token_ids\":[7,8],\"token_ids\":[195]}",
                        "{\"index\":1,\"text\":\"b\",\"logprobs\":null,\"finish_reason\":\"length\","
                                + "\"prompt_token_ids\":[9],\"token_ids\":[98]}",
                        "{\"index\":0,\"text\":\"é\",\"logprobs\":null,\"finish_reason\":\"length\","
                                + "\"token_ids\":[169]}");
    }

    @Test
    void shouldSayTheSameStreamedAndWholeWhateverTheSplit() throws Exception {
        var random = new Random(42);
        int[] tokens = Replies.bytesOf("日本語 🙂 \"x\"\\ \u2028 naïve\u0001");
        for (int round = 0; round < 200; round++) {
            var streamedSink = new RecordingReplySink();
            var wholeSink = new RecordingReplySink();
            RequestContext whole = completion(exchange(false, false));
            whole.sink = wholeSink;
            replies.tokens(whole, 0, FinishReason.LENGTH, true, tokens);
            RequestContext stream = streamed(completion(exchange(false, false)));
            stream.sink = streamedSink;
            int at = 0;
            while (at < tokens.length) {
                int end = Math.min(tokens.length, at + 1 + random.nextInt(4));
                boolean last = end == tokens.length;
                replies.tokens(
                        stream,
                        0,
                        last ? FinishReason.LENGTH : FinishReason.NONE,
                        last,
                        Arrays.copyOfRange(tokens, at, end));
                at = end;
            }
            var text = new StringBuilder();
            for (String event : streamedSink.events()) {
                if (!event.equals("[DONE]")) {
                    JsonNode chunk = ContractValidator.check(Contract.COMPLETION_CHUNK, event);
                    text.append(chunk.at("/choices/0/text").asString());
                }
            }
            JsonNode answer = ContractValidator.check(Contract.COMPLETION, wholeSink.body());
            assertThat(answer.at("/choices/0/text").asString()).isEqualTo(text.toString());
            assertThat(text).hasToString("日本語 🙂 \"x\"\\ \u2028 naïve\u0001");
            replies.rings.inFlight().release(whole);
            replies.rings.inFlight().release(stream);
        }
    }

    @Test
    void shouldKeepConcurrentRequestsApart() throws Exception {
        RequestContext first = completion(exchange(false, false));
        RequestContext second = completion(exchange(false, false));
        var secondSink = new RecordingReplySink();
        second.sink = secondSink;
        replies.tokens(first, 0, FinishReason.NONE, false, Replies.bytesOf("one"));
        replies.tokens(second, 0, FinishReason.NONE, false, Replies.bytesOf("two"));
        replies.tokens(first, 0, FinishReason.STOP, true, Replies.bytesOf("!"));
        replies.tokens(second, 0, FinishReason.STOP, true, Replies.bytesOf("?"));

        assertThat(ContractValidator.check(Contract.COMPLETION, sink.body()).at("/choices/0/text"))
                .hasToString("\"one!\"");
        assertThat(
                        ContractValidator.check(Contract.COMPLETION, secondSink.body())
                                .at("/choices/0/text"))
                .hasToString("\"two?\"");
    }

    @Test
    void shouldGiveTheSameBytesForTheSameReplies() throws Exception {
        RequestContext context = completion(exchange(false, true));
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("same"));
        String once = sink.body();

        try (var again = new Replies(new ReplyHandler(FINGERPRINT))) {
            var anotherSink = new RecordingReplySink();
            RequestContext other =
                    again.request(
                            Route.OPENAI_COMPLETIONS, ModelKind.GENERATE, exchange(false, true));
            other.sink = anotherSink;
            again.tokens(other, 0, FinishReason.NONE, false, Replies.bytesOf("sa"));
            again.tokens(other, 0, FinishReason.STOP, true, Replies.bytesOf("me"));
            assertThat(anotherSink.body()).isEqualTo(once);
        }
    }

    @Test
    void shouldRefuseToAnswerWhileARunHasNotEnded() {
        RequestContext context = completion(exchange(false, false));
        context.runs = 2;
        assertThatThrownBy(() ->
                        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("x")))
                .isInstanceOf(IllegalStateException.class);
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.OPEN);
    }

    @Test
    void shouldEndAStreamWithAnErrorEventWhereTheHeadIsOut() throws Exception {
        RequestContext context = streamed(completion(exchange(true, false)));
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("so far"));
        replies.failure(context, RequestStatus.INTERNAL, "the lane stopped", null);

        assertThat(sink.events()).hasSize(2);
        JsonNode error = ContractValidator.check(Contract.OPENAI_ERROR, sink.events().getLast());
        assertThat(error.at("/error/message").asString()).isEqualTo("the lane stopped");
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ENDED);
    }

    @Test
    void shouldSendNothingToAClientThatWentAway() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("a"));
        String before = sink.body();
        replies.failure(context, RequestStatus.CANCELLED, "the client went away", null);

        assertThat(sink.body()).isEqualTo(before);
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ABORTED);
    }

    @Test
    void shouldAbortARunThatEndsCancelled() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        replies.tokens(context, 0, FinishReason.CANCELLED, true, Replies.bytesOf("a"));

        assertThat(sink.body()).isEmpty();
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ABORTED);
    }

    @Test
    void shouldAbortABrokenRequestAtOnceAndSendNothingMore() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("a"));
        String before = sink.body();
        context.broken = true;
        replies.tokens(context, 0, FinishReason.NONE, false, Replies.bytesOf("b"));
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ABORTED);
        replies.tokens(context, 0, FinishReason.STOP, true, Replies.bytesOf("c"));

        assertThat(sink.body()).isEqualTo(before);
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.ABORTED);
    }

    @Test
    void shouldFlushASinkOncePerRunOfReplies() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        for (int i = 0; i < 3; i++) {
            ReplySlot slot = replies.open(ReplySlot.Kind.TOKENS, context, Integer.BYTES);
            slot.payload.buffer().putInt(0, 'a');
            slot.count = 1;
            replies.handle(slot, i == 2);
            assertThat(sink.flushes()).isEqualTo(i == 2 ? 1 : 0);
        }
        assertThat(sink.unflushed()).isZero();
    }

    @Test
    void shouldFlushAlsoWhereTheLastReplyOfARunThrows() throws Exception {
        RequestContext context = streamed(completion(exchange(false, false)));
        ReplySlot good = replies.open(ReplySlot.Kind.TOKENS, context, Integer.BYTES);
        good.payload.buffer().putInt(0, 'a');
        good.count = 1;
        replies.handle(good, false);
        RequestContext broken = completion(exchange(false, false));
        broken.protocol = "not an exchange";

        assertThatThrownBy(() -> replies.tokens(broken, 0, FinishReason.STOP, true, 'x'))
                .isInstanceOf(IllegalStateException.class);
        assertThat(sink.flushes()).isEqualTo(1);
    }

    private static OpenAiExchange exchange(boolean includeUsage, boolean returnTokenIds) {
        return new OpenAiExchange(
                TextReplyTest::bytes, includeUsage, false, returnTokenIds, List.of());
    }

    private static byte[] bytes(int tokenId) {
        return new byte[] {(byte) tokenId};
    }

    private RequestContext completion(OpenAiExchange exchange) {
        RequestContext context =
                replies.request(Route.OPENAI_COMPLETIONS, ModelKind.GENERATE, exchange);
        context.sink = sink;
        return context;
    }

    private RequestContext streamed(RequestContext context) {
        context.stream = true;
        context.sink = sink;
        return context;
    }

    private List<JsonNode> chunks(Contract contract) {
        List<String> events = sink.events();
        assertThat(events.getLast()).isEqualTo("[DONE]");
        var chunks = new ArrayList<JsonNode>();
        for (String event : events.subList(0, events.size() - 1)) {
            chunks.add(ContractValidator.check(contract, event));
        }
        return chunks;
    }

    private static String joined(List<JsonNode> chunks, String pointer) {
        var text = new StringBuilder();
        chunks.forEach(chunk -> text.append(chunk.at(pointer).asString()));
        return text.toString();
    }
}

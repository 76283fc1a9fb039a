package dev.millrace.stages.reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class EmbeddingReplyTest {
    private static final float[] FIRST = {0.1f, -1e-9f, 3.4028235e38f, -0.0f};
    private static final float[] SECOND = {1f, 2f, 3f, 4f};

    private final Replies replies = new Replies(new ReplyHandler("fp"));
    private final RecordingReplySink sink = new RecordingReplySink();

    @AfterEach
    void close() {
        replies.close();
    }

    @Test
    void shouldAnswerVectorsInTheOrderOfTheirTexts() throws Exception {
        RequestContext context = request(false, 2);
        replies.embedding(context, 1, false, SECOND);
        replies.embedding(context, 0, true, FIRST);

        JsonNode answer = ContractValidator.check(Contract.EMBEDDINGS, sink.body());
        assertThat(answer.at("/data").size()).isEqualTo(2);
        assertThat(answer.at("/data/1/index").asInt()).isEqualTo(1);
        for (int i = 0; i < FIRST.length; i++) {
            assertThat(answer.at("/data/0/embedding/" + i).floatValue()).isEqualTo(FIRST[i]);
            assertThat(answer.at("/data/1/embedding/" + i).floatValue()).isEqualTo(SECOND[i]);
        }
        assertThat(answer.at("/usage").toString())
                .isEqualTo("{\"prompt_tokens\":9,\"total_tokens\":9}");
        assertThat(answer.at("/model").asString()).isEqualTo("tiny");
    }

    @Test
    void shouldAnswerBase64OfLittleEndianFloats() throws Exception {
        RequestContext context = request(true, 1);
        replies.embedding(context, 0, true, FIRST);

        JsonNode answer = ContractValidator.check(Contract.EMBEDDINGS_BASE64, sink.body());
        byte[] bytes = Base64.getDecoder().decode(answer.at("/data/0/embedding").asString());
        var floats = new float[FIRST.length];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        assertThat(floats).isEqualTo(FIRST);
    }

    @Test
    void shouldTakeVectorsThatNeedALargeBuffer() throws Exception {
        RequestContext context = request(false, 1);
        var vector = new float[4096];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = i / 7f;
        }
        replies.embedding(context, 0, true, vector);
        JsonNode embedding =
                ContractValidator.check(Contract.EMBEDDINGS, sink.body()).at("/data/0/embedding");
        assertThat(embedding.size()).isEqualTo(4096);
        assertThat(embedding.get(4095).floatValue()).isEqualTo(4095 / 7f);
    }

    @Test
    void shouldNotAnswerWithoutEveryVector() {
        RequestContext context = request(false, 2);
        assertThatThrownBy(() -> replies.embedding(context, 0, true, FIRST))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("text 1");
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.OPEN);
    }

    private RequestContext request(boolean base64, int texts) {
        var exchange = new OpenAiExchange(id -> new byte[0], false, base64, false, List.of());
        RequestContext context =
                replies.request(Route.OPENAI_EMBEDDINGS, ModelKind.EMBED, exchange);
        context.runs = texts;
        context.promptTokens = 9;
        context.sink = sink;
        return context;
    }
}

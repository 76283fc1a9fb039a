package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenAiEmbeddingsDecoderTest {
    private final DecodeFixture fixture = new DecodeFixture();

    private RequestContext decode(String fields) {
        return fixture.decode(Route.OPENAI_EMBEDDINGS, "{" + fields + ",\"model\":\"embed\"}");
    }

    private boolean base64() {
        return ((OpenAiExchange) Objects.requireNonNull(fixture.context.protocol)).base64();
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    @Test
    void shouldDecodeOneTextOrMany() {
        RequestContext one = decode("\"input\":\"ab\"");
        assertThat(one.status).isEqualTo(RequestStatus.OK);
        assertThat(fixture.slot.rows).isEqualTo(1);
        assertThat(fixture.slot.lane).isEqualTo(2);
        assertThat(fixture.run(0)).isEqualTo(DecodeFixture.ids(true, "ab"));
        assertThat(base64()).isFalse();

        RequestContext many = decode("\"input\":[\"ab\",\"c\"],\"encoding_format\":\"base64\"");
        assertThat(many.status).isEqualTo(RequestStatus.OK);
        assertThat(many.runs).isEqualTo(2);
        assertThat(many.promptTokens).isEqualTo(5);
        assertThat(fixture.slot.rows).isEqualTo(2);
        assertThat(base64()).isTrue();
    }

    @Test
    void shouldTakeTokenIds() {
        decode("\"input\":[[7,8],[9]],\"encoding_format\":null,\"dimensions\":null");

        assertThat(fixture.context.status).isEqualTo(RequestStatus.OK);
        assertThat(fixture.run(0)).containsExactly(7, 8);
        assertThat(fixture.run(1)).containsExactly(9);
    }

    @Test
    void shouldNameTheInputThatIsTooLong() {
        RequestContext context = decode("\"input\":[\"a\",\"" + "b".repeat(32) + "\"]");

        assertThat(context.status).isEqualTo(RequestStatus.CONTEXT_LENGTH);
        assertThat(context.errorParam).isEqualTo("input[1]");
        assertThat(context.errorMessage).contains("33 tokens", "32");
        // The whole context can be used: there is no answer to leave room for.
        assertThat(decode("\"input\":\"" + "b".repeat(31) + "\"").status)
                .isEqualTo(RequestStatus.OK);
    }

    @Test
    void shouldTakeAsManyInputsAsOpenAiAndNoMore() {
        RequestContext context = decode("\"input\":[" + "\"a\",".repeat(2047) + "\"a\"]");
        assertThat(context.status).isEqualTo(RequestStatus.OK);
        assertThat(context.runs).isEqualTo(2048);
        fixture.slot.decoded.release();

        RequestContext more = decode("\"input\":[" + "\"a\",".repeat(2048) + "\"a\"]");
        assertThat(more.status).isEqualTo(RequestStatus.INVALID);
        assertThat(more.errorMessage).contains("2048");
        fixture.slot.decoded.release();
        assertThat(fixture.buffers.inUse()).isZero();
    }
}

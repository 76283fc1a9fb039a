package dev.millrace.stages.reply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class ErrorReplyTest {
    private final Replies replies = new Replies(new ReplyHandler("fp"));
    private final RecordingReplySink sink = new RecordingReplySink();

    @AfterEach
    void close() {
        replies.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = RequestStatus.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"OK", "CANCELLED"})
    void shouldAnswerEachStatusInBothDialects(RequestStatus status) throws Exception {
        RequestContext openAi = request(Route.OPENAI_CHAT, sink);
        replies.failure(openAi, status, "no \"model\"", "model");
        JsonNode error = ContractValidator.check(Contract.OPENAI_ERROR, sink.body());
        assertThat(sink.status()).isEqualTo(status.httpStatus());
        assertThat(error.at("/error/message").asString()).isEqualTo("no \"model\"");
        assertThat(error.at("/error/param").asString()).isEqualTo("model");
        assertThat(error.at("/error/type").asString()).isEqualTo(status.type());

        var kserveSink = new RecordingReplySink();
        RequestContext kserve = request(Route.KSERVE_INFER, kserveSink);
        replies.failure(kserve, status, "no \"model\"", "model");
        ContractValidator.check(Contract.KSERVE_ERROR, kserveSink.body());
        assertThat(kserveSink.body()).isEqualTo("{\"error\":\"no \\\"model\\\"\"}");
        assertThat(kserveSink.status()).isEqualTo(status.httpStatus());
    }

    @Test
    void shouldAnswerAFailureThatNobodyGaveAReasonForAsInternal() throws Exception {
        RequestContext context = request(Route.OPENAI_EMBEDDINGS, sink);
        replies.failure(context, RequestStatus.OK, "", null);
        assertThat(sink.status()).isEqualTo(500);
        ContractValidator.check(Contract.OPENAI_ERROR, sink.body());
    }

    @Test
    void shouldDoNothingForARequestWithoutASink() throws Exception {
        RequestContext context = request(Route.OPENAI_CHAT, sink);
        context.sink = null;
        replies.failure(context, RequestStatus.INVALID, "nobody listens", null);
        assertThat(sink.state()).isEqualTo(RecordingReplySink.State.OPEN);
    }

    @Test
    void shouldAnswerARequestWhoseModelWasNotFound() throws Exception {
        RequestContext context = request(Route.OPENAI_COMPLETIONS, sink);
        context.model = null;
        context.protocol = null;
        replies.failure(context, RequestStatus.MODEL_NOT_FOUND, "no model 'x'", "model");
        JsonNode error = ContractValidator.check(Contract.OPENAI_ERROR, sink.body());
        assertThat(sink.status()).isEqualTo(404);
        assertThat(error.at("/error/code").asString()).isEqualTo("model_not_found");
    }

    private RequestContext request(Route route, RecordingReplySink into) {
        RequestContext context = replies.request(route, ModelKind.GENERATE, "unused");
        context.sink = into;
        return context;
    }
}

package dev.millrace.stages.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContractValidatorTest {
    private static final String EMBEDDING =
            """
            {"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":%s}],
            "usage":{"prompt_tokens":1,"total_tokens":1}}\
            """;
    private static final String CHUNK =
            """
            {"id":"x","object":"text_completion","created":1,"model":"m","choices":[
            {"index":0,"text":"a","logprobs":null,"finish_reason":%s}]}\
            """;

    @BeforeEach
    void documents() {
        assumeTrue(ContractValidator.available(), "the folder shared/contracts is absent");
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseWhatIsNoObject(Contract contract) {
        assertThatThrownBy(() -> ContractValidator.check(contract, "[]"))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> ContractValidator.check(contract, "3"))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldNameThePlaceThatBreaksTheContract() {
        assertThatThrownBy(() ->
                        ContractValidator.check(
                                Contract.OPENAI_ERROR,
                                "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":7}}"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("/error/code");
    }

    @Test
    void shouldLetAChunksEndBeNullButNotAWholeAnswers() {
        assertThat(ContractValidator.check(Contract.COMPLETION_CHUNK, CHUNK.formatted("null")))
                .isNotNull();
        assertThatThrownBy(
                        () -> ContractValidator.check(Contract.COMPLETION, CHUNK.formatted("null")))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() ->
                        ContractValidator.check(
                                Contract.COMPLETION_CHUNK, CHUNK.formatted("\"done\"")))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldTellNumbersFromBase64() {
        String numbers = EMBEDDING.formatted("[0.5]");
        String base64 = EMBEDDING.formatted("\"AAAAPw==\"");
        ContractValidator.check(Contract.EMBEDDINGS, numbers);
        ContractValidator.check(Contract.EMBEDDINGS_BASE64, base64);
        assertThatThrownBy(() -> ContractValidator.check(Contract.EMBEDDINGS, base64))
                .isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> ContractValidator.check(Contract.EMBEDDINGS_BASE64, numbers))
                .isInstanceOf(AssertionError.class);
    }
}

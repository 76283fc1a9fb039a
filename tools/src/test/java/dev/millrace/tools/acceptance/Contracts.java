package dev.millrace.tools.acceptance;

import dev.millrace.stages.contracts.Contract;
import dev.millrace.stages.contracts.ContractValidator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Which published contract an answer is held against: known from method, path and status. */
final class Contracts {
    private Contracts() {}

    /** Fails where the answer, or any chunk of it, breaks its contract. */
    static void check(String method, String path, Answer answer) {
        if (method.equals("HEAD")) {
            return;
        }
        if (answer.status() >= 400) {
            boolean kserve = path.equals("/v2") || path.startsWith("/v2/");
            check(kserve ? Contract.KSERVE_ERROR : Contract.OPENAI_ERROR, answer.text());
        } else if (path.equals("/v1/completions")) {
            checkText(answer, Contract.COMPLETION, Contract.COMPLETION_CHUNK);
        } else if (path.equals("/v1/chat/completions")) {
            checkText(answer, Contract.CHAT, Contract.CHAT_CHUNK);
        } else if (path.equals("/v1/embeddings")) {
            JsonNode first = answer.json().path("data").path(0).path("embedding");
            check(
                    first.isString() ? Contract.EMBEDDINGS_BASE64 : Contract.EMBEDDINGS,
                    answer.text());
        } else if (path.startsWith("/v1/models")) {
            boolean all = path.equals("/v1/models");
            check(all ? Contract.MODEL_LIST : Contract.MODEL, answer.text());
        } else if (path.equals("/v2")) {
            check(Contract.KSERVE_SERVER, answer.text());
        } else if (path.matches("/v2/models/[^/]+(/versions/[^/]+)?")) {
            check(Contract.KSERVE_MODEL, answer.text());
        } else if (path.endsWith("/infer")) {
            checkTensors(answer);
        }
    }

    private static void checkText(Answer answer, Contract whole, Contract chunk) {
        if (answer.header("content-type").startsWith("text/event-stream")) {
            List<String> data = Sse.data(answer.text());
            data.subList(0, data.size() - 1)
                    .forEach(json -> check(echoes(Json.parse(json), chunk), json));
        } else {
            check(echoes(answer.json(), whole), answer.text());
        }
    }

    /** The contract of an answer that may tell of an echoed prompt. */
    private static Contract echoes(JsonNode answer, Contract other) {
        JsonNode first = answer.at("/choices/0/logprobs/token_logprobs/0");
        return first.isNull() ? Contract.COMPLETION_ECHO : other;
    }

    private static void checkTensors(Answer answer) {
        String length = answer.header("Inference-Header-Content-Length");
        if (length.isEmpty()) {
            check(Contract.KSERVE_INFER, answer.text());
        } else {
            check(
                    Contract.KSERVE_INFER_BINARY,
                    new String(answer.body(), 0, Integer.parseInt(length), StandardCharsets.UTF_8));
        }
    }

    private static void check(Contract contract, String json) {
        ContractValidator.check(contract, json);
    }
}

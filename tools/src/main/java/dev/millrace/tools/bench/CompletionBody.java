package dev.millrace.tools.bench;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.json.JsonMapper;

/** The body of a benchmark's {@code POST /v1/completions}. */
final class CompletionBody {
    private CompletionBody() {}

    /**
     * The fields of a streamed, greedy completion of random ids, to the last token asked for.
     *
     * @param model name of the model
     * @param vocabularySize ids of the prompt are drawn below it
     */
    static Map<String, Object> greedy(
            String model,
            int vocabularySize,
            SplittableRandom random,
            int promptTokens,
            int answerTokens) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", model);
        fields.put("prompt", random.ints(promptTokens, 0, vocabularySize).toArray());
        fields.put("max_tokens", answerTokens);
        fields.put("temperature", 0);
        fields.put("ignore_eos", true);
        fields.put("stream", true);
        // Tokens that end inside a character are sent at once, too.
        fields.put("return_token_ids", true);
        return fields;
    }

    /** The body's bytes. */
    static byte[] bytes(Map<String, Object> fields) {
        return JsonMapper.shared().writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
    }
}

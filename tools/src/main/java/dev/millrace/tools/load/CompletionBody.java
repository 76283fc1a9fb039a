package dev.millrace.tools.load;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** The body of a {@code POST /v1/completions} of known size. */
public final class CompletionBody {
    private CompletionBody() {}

    /**
     * The fields of a streamed, greedy completion, to the last token asked for.
     *
     * @param model name of the model
     * @param prompt token ids
     */
    public static Map<String, Object> greedy(String model, int[] prompt, int answerTokens) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", model);
        fields.put("prompt", prompt);
        fields.put("max_tokens", answerTokens);
        fields.put("temperature", 0);
        fields.put("ignore_eos", true);
        fields.put("stream", true);
        // Tokens that end inside a character are sent at once, too.
        fields.put("return_token_ids", true);
        return fields;
    }

    /** Has the stream end with the totals. */
    public static Map<String, Object> withUsage(Map<String, Object> fields) {
        fields.put("stream_options", Map.of("include_usage", true));
        return fields;
    }

    /** The body's bytes. */
    public static byte[] bytes(Map<String, Object> fields) {
        return JsonMapper.shared().writeValueAsString(fields).getBytes(StandardCharsets.UTF_8);
    }
}

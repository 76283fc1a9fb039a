package dev.millrace.tools.replay;

import dev.millrace.ringbuffer.Route;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an OpenAI body says of how its answer may be compared.
 *
 * @param model asked for; empty where the body has none
 * @param stream whether the answer comes in parts
 * @param unseeded whether tokens are drawn with a seed that the server makes up: another time, the
 *     answer is another
 * @param echo whether texts begin with the prompt
 */
record BodyFields(String model, boolean stream, boolean unseeded, boolean echo) {
    private static final BodyFields NONE = new BodyFields("", false, false, false);

    static BodyFields of(Route route, byte[] body) {
        if (route == Route.KSERVE_INFER) {
            return NONE;
        }
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            return NONE;
        }
        JsonNode temperature = root.path("temperature");
        boolean greedy = temperature.isNumber() && temperature.doubleValue() == 0;
        boolean text = route != Route.OPENAI_EMBEDDINGS;
        return new BodyFields(
                root.path("model").asString(""),
                root.path("stream").asBoolean(false),
                text && !greedy && !root.path("seed").isNumber(),
                root.path("echo").asBoolean(false));
    }
}

package dev.millrace.tools.replay;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.millrace.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One request of a trace as the Mooncake project publishes them, one JSON object a line (Qin et
 * al., "Mooncake: Trading More Storage for Less Computation", FAST 2025, section 4.1, and {@code
 * FAST25-release/traces} of github.com/kvcache-ai/Mooncake).
 *
 * @param timestamp of arrival, in milliseconds since the trace began
 * @param inputLength tokens of the prompt
 * @param outputLength tokens of the answer
 * @param hashIds one for each block of the prompt, the last one perhaps not full; equal ids stand
 *     for equal tokens up to the end of the block
 */
record TraceLine(
        long timestamp,
        @JsonProperty("input_length") int inputLength,
        @JsonProperty("output_length") int outputLength,
        @JsonProperty("hash_ids") List<Long> hashIds) {
    /** Tokens of a block in the published traces. */
    static final int BLOCK_TOKENS = 512;

    private static final int MOST_TOKENS = 1 << 24;

    TraceLine {
        hashIds = List.copyOf(hashIds);
    }

    /**
     * @param where what the line is called in messages
     * @throws ConfigException where it is no such object
     */
    static TraceLine parse(String where, String line) {
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
            throw new ConfigException(where + ": not JSON: " + e.getOriginalMessage());
        }
        List<Long> hashes = new ArrayList<>();
        for (JsonNode hash : root.path("hash_ids")) {
            if (!hash.canConvertToLong()) {
                throw new ConfigException(where + ", hash_ids", hash, "whole numbers");
            }
            hashes.add(hash.longValue());
        }
        return new TraceLine(
                (long) number(where, root, "timestamp", Long.MAX_VALUE / 1_000_000),
                (int) number(where, root, "input_length", MOST_TOKENS),
                (int) number(where, root, "output_length", MOST_TOKENS),
                hashes);
    }

    private static double number(String where, JsonNode root, String field, long most) {
        JsonNode value = root.path(field);
        double number = value.isNumber() ? value.doubleValue() : -1;
        int least = field.equals("timestamp") ? 0 : 1;
        if (!(number >= least && number <= most)) {
            throw new ConfigException(
                    where + ", " + field,
                    value.isMissingNode() ? "nothing" : value,
                    "a number from " + least + " to " + most);
        }
        return number;
    }

    String json() {
        return JsonMapper.shared().writeValueAsString(this);
    }

    long offsetNanos() {
        return timestamp * 1_000_000;
    }
}

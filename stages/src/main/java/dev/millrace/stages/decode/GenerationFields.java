package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.protocol.OpenAiExchange;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonToken;

/**
 * The fields that completions and chat completions share: how tokens are chosen and how the answer
 * is sent. Reused between requests; owned by one decoder.
 *
 * <p>What would change the answer and is not supported is refused, never ignored; a field's neutral
 * value is accepted, since clients send defaults. Names beyond OpenAI's are vLLM's.
 */
final class GenerationFields {
    /** No {@code max_tokens} in the request. */
    static final int NOT_GIVEN = -1;

    String model = "";
    boolean stream;
    boolean includeUsage;
    boolean includeTimings;
    boolean returnTokenIds;
    boolean seedGiven;
    int maxTokens;

    /** The name under which {@link #maxTokens} came. */
    String maxTokensName = "max_tokens";

    private final ChoiceFields choices = new ChoiceFields();
    private final LogprobFields logprobs;
    private final StructuredFields structured = new StructuredFields();
    private final int fewestTokens;
    private boolean streamOptionsGiven;
    private SamplingParams sampling = new SamplingParams();

    /**
     * Fields of chat completions, or of completions.
     *
     * @param chat which of the two
     */
    GenerationFields(boolean chat) {
        logprobs = new LogprobFields(chat);
        // An echo alone is an answer.
        fewestTokens = chat ? 1 : 0;
    }

    /** Forgets the last request; sampling fields will go into {@code into}. */
    void begin(SamplingParams into) {
        sampling = into;
        into.reset();
        model = "";
        stream = false;
        includeUsage = false;
        includeTimings = false;
        returnTokenIds = false;
        seedGiven = false;
        maxTokens = NOT_GIVEN;
        maxTokensName = "max_tokens";
        streamOptionsGiven = false;
        choices.begin(into);
        logprobs.begin(into);
        structured.begin(into);
    }

    /** Reads the value the reader stands on, if the field is one of these; else skips it. */
    void read(String name, JsonReader json) {
        if (!json.isNull()) {
            if (!readAnswer(name, json)
                    && !readSampling(name, json)
                    && !choices.read(name, json)
                    && !logprobs.read(name, json)
                    && !structured.read(name, json)
                    && !UnsupportedFields.check(name, json)) {
                json.skip();
            }
        } else if (name.equals("model")) {
            throw json.unexpected("the name of a model");
        }
    }

    private boolean readAnswer(String name, JsonReader json) {
        switch (name) {
            case "model" -> model = json.string("the name of a model");
            case "stream" -> stream = json.bool();
            case "stream_options" -> readStreamOptions(json);
            case "return_token_ids" -> returnTokenIds = json.bool();
            case "priority" -> {
                String accepted = "an integer of 32 bits (lower goes first)";
                sampling.priority =
                        (int) json.integer(Integer.MIN_VALUE, Integer.MAX_VALUE, accepted);
            }
            case "cache_salt" -> sampling.cacheSalt = CacheSalt.read(json);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean readSampling(String name, JsonReader json) {
        switch (name) {
            case "max_tokens" -> {
                // The deprecated name gives way where both are there.
                int value = tokens(json);
                if (!maxTokensName.equals("max_completion_tokens")) {
                    maxTokens = value;
                }
            }
            case "max_completion_tokens" -> {
                maxTokens = tokens(json);
                maxTokensName = name;
            }
            case "min_tokens" ->
                    sampling.minTokens =
                            (int) json.integer(0, Integer.MAX_VALUE, "an integer of at least 0");
            case "temperature" ->
                    sampling.temperature = (float) json.number(0, 2, "a number from 0 to 2");
            case "top_p" -> {
                sampling.topP = (float) json.number(0, 1, "a number above 0 and up to 1");
                if (sampling.topP == 0) {
                    throw json.unexpected("a number above 0 and up to 1");
                }
            }
            case "top_k" -> {
                String accepted = "an integer of at least 0 (0 and -1 keep all tokens)";
                sampling.topK = Math.max(0, (int) json.integer(-1, Integer.MAX_VALUE, accepted));
            }
            case "seed" -> {
                sampling.seed =
                        json.integer(Long.MIN_VALUE, Long.MAX_VALUE, "an integer of 64 bits");
                seedGiven = true;
            }
            case "ignore_eos" -> sampling.ignoreEos = json.bool();
            case "stop" -> readStop(json);
            case "stop_token_ids" -> readStopIds(json);
            default -> {
                return readPenalty(name, json);
            }
        }
        return true;
    }

    private boolean readPenalty(String name, JsonReader json) {
        switch (name) {
            case "min_p" ->
                    sampling.minP =
                            (float) json.number(0, 1, "a number from 0 to 1 (0 keeps all tokens)");
            case "repetition_penalty" -> {
                String accepted = "a 32-bit number above 0 (1 changes nothing)";
                sampling.repetitionPenalty = (float) json.number(0, Float.MAX_VALUE, accepted);
                if (sampling.repetitionPenalty == 0) {
                    throw json.unexpected(accepted);
                }
            }
            case "presence_penalty" ->
                    sampling.presencePenalty = (float) json.number(-2, 2, "a number from -2 to 2");
            case "frequency_penalty" ->
                    sampling.frequencyPenalty = (float) json.number(-2, 2, "a number from -2 to 2");
            case "logit_bias" -> LogitBias.read(json, sampling);
            default -> {
                return false;
            }
        }
        return true;
    }

    private int tokens(JsonReader json) {
        return (int) json.integer(fewestTokens, Integer.MAX_VALUE, "an integer of at least 1");
    }

    private void readStreamOptions(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("an object such as {\"include_usage\": true}");
        }
        streamOptionsGiven = true;
        includeUsage = false;
        includeTimings = false;
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            if (json.isNull()) {
                continue;
            }
            switch (name) {
                case "include_usage" -> includeUsage = json.bool();
                case "include_timings" -> includeTimings = json.bool();
                case "continuous_usage_stats" -> {
                    if (json.bool()) {
                        throw json.unexpected("false (usage comes once, at the end)");
                    }
                }
                default -> json.skip();
            }
        }
    }

    private void readStop(JsonReader json) {
        String accepted =
                "a string or an array of up to "
                        + DecodeLimits.MAX_STOP_STRINGS
                        + " strings, none empty, each of at most "
                        + DecodeLimits.MAX_STOP_BYTES
                        + " bytes";
        if (!json.isArray()) {
            sampling.stopStrings = new byte[][] {stopString(json, accepted)};
            return;
        }
        byte[][] strings = new byte[DecodeLimits.MAX_STOP_STRINGS][];
        int count = 0;
        while (json.advance() != JsonToken.END_ARRAY) {
            if (count == strings.length) {
                throw json.unexpected("at most " + strings.length + " stop strings");
            }
            strings[count++] = stopString(json, accepted);
        }
        sampling.stopStrings = Arrays.copyOf(strings, count);
    }

    private static byte[] stopString(JsonReader json, String accepted) {
        byte[] bytes = json.string(accepted).getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > DecodeLimits.MAX_STOP_BYTES) {
            throw json.unexpected(accepted);
        }
        return bytes;
    }

    private void readStopIds(JsonReader json) {
        if (!json.isArray()) {
            throw json.unexpected("an array of token ids");
        }
        sampling.stopIds.clear();
        while (json.advance() != JsonToken.END_ARRAY) {
            if (sampling.stopIds.size() == DecodeLimits.MAX_STOP_IDS) {
                throw json.unexpected("at most " + DecodeLimits.MAX_STOP_IDS + " token ids");
            }
            sampling.stopIds.addInt(
                    (int) json.integer(0, Integer.MAX_VALUE, "a token id of at least 0"));
        }
    }

    /** What can only be checked when all fields are known. */
    void end(JsonReader json) {
        if (model.isEmpty()) {
            throw json.missing("model", "the name of a model");
        }
        if (streamOptionsGiven && !stream) {
            throw BadRequest.invalid(
                    "stream_options: only accepted together with \"stream\": true",
                    "stream_options");
        }
        choices.end(stream);
        endMaxTokens();
        logprobs.end(stream);
    }

    private void endMaxTokens() {
        if (maxTokens == 0 && !sampling.echo) {
            throw BadRequest.invalid(
                    maxTokensName
                            + ": expected an integer of at least 1 (0 only together with"
                            + " \"echo\": true), got 0",
                    maxTokensName);
        }
    }

    /** What the reply needs to know of these fields. */
    OpenAiExchange exchange(TokenBytes tokenBytes, TokenRuns runs, List<byte[]> echo) {
        return new OpenAiExchange(
                tokenBytes,
                includeUsage,
                includeTimings,
                false,
                returnTokenIds,
                returnTokenIds ? runs.copies() : List.of(),
                new OpenAiExchange.Choices(
                        sampling.n, echo, sampling.logprobs, sampling.promptLogprobs));
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenLogprobs;
import tools.jackson.core.JsonToken;

/**
 * Which log probabilities an answer carries: a count for completions, which have {@code echo}
 * beside it, a switch and a count for chat, and vLLM's {@code prompt_logprobs} for both. Reused
 * between requests.
 */
final class LogprobFields {
    private static final String COUNT = "an integer from 0 to " + TokenLogprobs.MAX_TOP;

    private final boolean chat;
    private SamplingParams sampling = new SamplingParams();
    private boolean enabled;
    private int top;

    LogprobFields(boolean chat) {
        this.chat = chat;
    }

    void begin(SamplingParams into) {
        sampling = into;
        enabled = false;
        top = 0;
    }

    /**
     * Reads the value the reader stands on.
     *
     * @return whether the field is one of these
     */
    boolean read(String name, JsonReader json) {
        if (name.equals("prompt_logprobs")) {
            sampling.promptLogprobs = count(json, COUNT);
            return true;
        }
        return chat ? readChat(name, json) : readCompletion(name, json);
    }

    private boolean readChat(String name, JsonReader json) {
        switch (name) {
            case "logprobs" -> enabled = json.bool();
            case "top_logprobs" -> top = count(json, COUNT);
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean readCompletion(String name, JsonReader json) {
        switch (name) {
            case "echo" -> sampling.echo = json.bool();
            case "logprobs" -> {
                enabled = json.token() != JsonToken.VALUE_FALSE;
                top = enabled ? count(json, COUNT + ", null or false") : 0;
            }
            case "top_logprobs" ->
                    json.integer(0, 0, "0 (a completion's \"logprobs\" says how many)");
            default -> {
                return false;
            }
        }
        return true;
    }

    private static int count(JsonReader json, String accepted) {
        return (int) json.integer(0, TokenLogprobs.MAX_TOP, accepted);
    }

    /** What can only be checked when all fields are known. */
    void end(boolean stream) {
        if (!enabled && top > 0) {
            throw BadRequest.invalid(
                    "top_logprobs: expected 0, or \"logprobs\": true beside it, got " + top,
                    "top_logprobs");
        }
        if (stream && sampling.promptLogprobs >= 0) {
            throw BadRequest.invalid(
                    "prompt_logprobs: expected null together with \"stream\": true, got "
                            + sampling.promptLogprobs,
                    "prompt_logprobs");
        }
        sampling.logprobs = enabled ? top : -1;
    }
}

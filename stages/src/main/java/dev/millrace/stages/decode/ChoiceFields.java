package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.SamplingParams;

/** How many answers each prompt gets, and of how many they are the best. Reused. */
final class ChoiceFields {
    private SamplingParams sampling = new SamplingParams();
    private boolean bestOfGiven;

    void begin(SamplingParams into) {
        sampling = into;
        bestOfGiven = false;
    }

    /**
     * Reads the value the reader stands on.
     *
     * @return whether the field is one of these
     */
    boolean read(String name, JsonReader json) {
        switch (name) {
            case "n" -> sampling.n = count(json, DecodeLimits.MAX_CHOICES);
            case "best_of" -> {
                sampling.bestOf = count(json, DecodeLimits.MAX_BEST_OF);
                bestOfGiven = true;
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static int count(JsonReader json, int most) {
        return (int) json.integer(1, most, "an integer from 1 to " + most);
    }

    /** What can only be checked when all fields are known. */
    void end(boolean stream) {
        if (!bestOfGiven) {
            sampling.bestOf = sampling.n;
        } else if (sampling.bestOf < sampling.n) {
            throw BadRequest.invalid(
                    "best_of: expected at least n, " + sampling.n + ", got " + sampling.bestOf,
                    "best_of");
        } else if (stream && sampling.bestOf > sampling.n) {
            throw BadRequest.invalid(
                    "best_of: expected n, "
                            + sampling.n
                            + ", together with \"stream\": true, got "
                            + sampling.bestOf,
                    "best_of");
        }
    }
}

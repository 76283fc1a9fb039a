package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.Arrays;

/** OpenAI's {@code logit_bias}: an object from token ids, written as decimals, to biases. */
final class LogitBias {
    private static final int MAX_DIGITS = 10;

    private LogitBias() {}

    /** Reads the object the reader stands on; the last of doubled ids wins. */
    static void read(JsonReader json, SamplingParams into) {
        if (!json.isObject()) {
            throw json.unexpected("an object such as {\"50256\": -100}");
        }
        int[] ids = new int[DecodeLimits.MAX_LOGIT_BIASES];
        float[] biases = new float[DecodeLimits.MAX_LOGIT_BIASES];
        int count = 0;
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            int id = id(name);
            int at = indexOf(ids, count, id);
            if (at == ids.length) {
                throw BadRequest.invalid(
                        "logit_bias: expected at most " + ids.length + " token ids, got more",
                        "logit_bias");
            }
            ids[at] = id;
            biases[at] = (float) json.number(-100, 100, "a number from -100 to 100");
            count = Math.max(count, at + 1);
        }
        into.biasedIds = Arrays.copyOf(ids, count);
        into.biases = Arrays.copyOf(biases, count);
    }

    private static int indexOf(int[] ids, int count, int id) {
        int at = 0;
        while (at < count && ids[at] != id) {
            at++;
        }
        return at;
    }

    private static int id(String name) {
        boolean digits = !name.isEmpty() && name.length() <= MAX_DIGITS;
        for (int i = 0; digits && i < name.length(); i++) {
            digits = name.charAt(i) >= '0' && name.charAt(i) <= '9';
        }
        long id = digits ? Long.parseLong(name) : -1;
        // A second way to write an id would be a second entry for it.
        boolean canonical = digits && (id == 0 ? name.length() == 1 : name.charAt(0) != '0');
        if (!canonical || id > Integer.MAX_VALUE) {
            throw BadRequest.invalid(
                    "logit_bias: expected token ids of at least 0 as names, got \""
                            + JsonReader.clipped(name)
                            + '"',
                    "logit_bias");
        }
        return (int) id;
    }
}

package dev.millrace.stages.reply;

/** One log probability as a JSON value. */
final class Logprob {
    /** OpenAI's word for a token that cannot come; JSON has none for minus infinity. */
    private static final float IMPOSSIBLE = -9999f;

    private Logprob() {}

    /** NaN, where nothing came before the token, is null. */
    static void write(JsonWriter json, float logprob) {
        if (Float.isNaN(logprob)) {
            json.nullValue();
        } else {
            json.number(Math.max(logprob, IMPOSSIBLE));
        }
    }
}

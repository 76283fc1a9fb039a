package dev.millrace.tools.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/** What programs other than ours computed from the same weights. */
final class Golden {
    private Golden() {}

    /**
     * One prompt and its greedy continuation.
     *
     * @param prompt text
     * @param promptIds its tokens, with the one that begins every prompt
     * @param ids tokens that follow
     * @param text their text
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Continuation(String prompt, int[] promptIds, int[] ids, String text) {
        private static Continuation of(JsonNode entry) {
            return new Continuation(
                    entry.path("prompt").stringValue(),
                    Json.ints(entry.path("prompt_ids")),
                    Json.ints(entry.path("generated_ids")),
                    entry.path("generated_text").stringValue());
        }

        @Override
        public String toString() {
            return "'" + prompt + "'";
        }
    }

    /** Continuations by the demo model; they are embedded beside it. */
    static List<Continuation> austen() {
        try (InputStream in =
                Golden.class.getResourceAsStream("/dev/millrace/models/austen-2.8m/golden.json")) {
            return continuations(Json.parse(Objects.requireNonNull(in).readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Continuations by a model of the shared folder. */
    static List<Continuation> continuations(String model) {
        return continuations(Json.file(Shared.model(model).resolve("golden.json")));
    }

    private static List<Continuation> continuations(JsonNode golden) {
        var all = new ArrayList<Continuation>();
        all.add(Continuation.of(golden));
        golden.path("more").forEach(entry -> all.add(Continuation.of(entry)));
        return all;
    }
}

package dev.millrace.tools.model;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The special tokens that a tokenizer.json's {@code post_processor} puts around a text. */
final class SpecialsAround {
    private SpecialsAround() {}

    /** Ids of those before it. */
    static List<Integer> before(JsonNode tokenizer) {
        return around(tokenizer.path("post_processor"), true);
    }

    /** Ids of those behind it. */
    static List<Integer> after(JsonNode tokenizer) {
        return around(tokenizer.path("post_processor"), false);
    }

    private static List<Integer> around(JsonNode processor, boolean wantedBefore) {
        List<Integer> ids = new ArrayList<>();
        boolean before = true;
        for (JsonNode piece : processor.path("single")) {
            if (piece.has("Sequence")) {
                before = false;
            } else if (before == wantedBefore) {
                String name = piece.path("SpecialToken").path("id").asString("");
                processor
                        .path("special_tokens")
                        .path(name)
                        .path("ids")
                        .forEach(id -> ids.add(id.asInt(-1)));
            }
        }
        for (JsonNode inner : processor.path("processors")) {
            ids.addAll(around(inner, wantedBefore));
        }
        return ids;
    }
}

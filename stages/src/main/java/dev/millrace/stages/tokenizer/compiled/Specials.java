package dev.millrace.stages.tokenizer.compiled;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * The ids that a tokenizer.json's {@code post_processor} puts around one text.
 *
 * @param before ids before the text
 * @param behind ids behind it
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Specials(int[] before, int[] behind) {
    static Specials compile(JsonNode json) throws Unsupported {
        List<Integer> before = new ArrayList<>();
        List<Integer> behind = new ArrayList<>();
        add(json, before, behind);
        return new Specials(ints(before), ints(behind));
    }

    private static void add(JsonNode json, List<Integer> before, List<Integer> behind)
            throws Unsupported {
        if (Fields.absent(json)) {
            return;
        }
        String type = Fields.type(json);
        switch (type) {
            case "ByteLevel" -> {
                // Says where tokens lie in the text, which nobody asks here.
            }
            case "Sequence" -> {
                for (JsonNode step : json.path("processors")) {
                    add(step, before, behind);
                }
            }
            case "BertProcessing", "RobertaProcessing" -> {
                before.addFirst(Fields.integer(json.path("cls"), 1));
                behind.add(Fields.integer(json.path("sep"), 1));
            }
            case "TemplateProcessing" -> addTemplate(json, before, behind);
            default -> throw new Unsupported("post_processor " + type);
        }
    }

    private static void addTemplate(JsonNode json, List<Integer> before, List<Integer> behind)
            throws Unsupported {
        List<Integer> left = new ArrayList<>();
        List<Integer> right = new ArrayList<>();
        int texts = 0;
        for (JsonNode piece : json.path("single")) {
            if (piece.path("Sequence").path("id").asString("").equals("A")) {
                texts++;
                continue;
            }
            JsonNode name = piece.path("SpecialToken").path("id");
            JsonNode ids = json.path("special_tokens").path(name.asString("")).path("ids");
            if (!name.isString() || !ids.isArray()) {
                throw new Unsupported("post_processor TemplateProcessing with " + piece);
            }
            for (int i = 0; i < ids.size(); i++) {
                (texts == 0 ? left : right).add(Fields.integer(ids, i));
            }
        }
        if (texts != 1) {
            throw new Unsupported("post_processor TemplateProcessing of other than one text");
        }
        before.addAll(0, left);
        behind.addAll(right);
    }

    private static int[] ints(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }
}

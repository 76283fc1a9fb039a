package dev.millrace.stages.tokenizer.compiled;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** A tokenizer.json's {@code normalizer} as steps. */
final class NormalizerCompiler {
    private NormalizerCompiler() {}

    static List<TextStep> steps(JsonNode normalizer) throws Unsupported {
        List<TextStep> steps = new ArrayList<>();
        add(normalizer, steps);
        return steps;
    }

    private static void add(JsonNode json, List<TextStep> steps) throws Unsupported {
        if (Fields.absent(json)) {
            return;
        }
        String type = Fields.type(json);
        switch (type) {
            case "Sequence" -> {
                Fields.only(json, "normalizer Sequence", "type", "normalizers");
                for (JsonNode step : json.path("normalizers")) {
                    add(step, steps);
                }
            }
            case "Prepend" -> {
                Fields.only(json, "normalizer Prepend", "type", "prepend");
                steps.add(new PrependText(utf8(json, "prepend"), false));
            }
            case "Replace" -> {
                Fields.only(json, "normalizer Replace", "type", "pattern", "content");
                Fields.only(json.path("pattern"), "normalizer Replace", "String");
                byte[] pattern = utf8(json.path("pattern"), "String");
                if (pattern.length == 0) {
                    throw new Unsupported("normalizer Replace of nothing");
                }
                steps.add(new ReplaceText(pattern, utf8(json, "content")));
            }
            case "NFC" -> steps.add(new UnicodeForm(UnicodeData.CANONICAL, true));
            case "NFD" -> steps.add(new UnicodeForm(UnicodeData.CANONICAL, false));
            case "NFKC" -> steps.add(new UnicodeForm(UnicodeData.COMPATIBILITY, true));
            case "NFKD" -> steps.add(new UnicodeForm(UnicodeData.COMPATIBILITY, false));
            case "Lowercase" -> steps.add(CharacterStep.LOWERCASE);
            case "BertNormalizer" -> addBert(json, steps);
            default -> throw new Unsupported("normalizer " + (type.isEmpty() ? json : type));
        }
    }

    private static void addBert(JsonNode json, List<TextStep> steps) throws Unsupported {
        Fields.only(
                json,
                "BertNormalizer",
                "type",
                "clean_text",
                "handle_chinese_chars",
                "strip_accents",
                "lowercase");
        boolean lowercase = Fields.flag(json, "lowercase", true);
        if (Fields.flag(json, "clean_text", true)) {
            steps.add(CharacterStep.CLEAN);
        }
        if (Fields.flag(json, "handle_chinese_chars", true)) {
            steps.add(CharacterStep.PART_IDEOGRAPHS);
        }
        if (Fields.flag(json, "strip_accents", lowercase)) {
            steps.add(new UnicodeForm(UnicodeData.CANONICAL, false));
            steps.add(CharacterStep.STRIP_NONSPACING);
        }
        if (lowercase) {
            steps.add(CharacterStep.LOWERCASE);
        }
    }

    private static byte[] utf8(JsonNode json, String field) throws Unsupported {
        return Fields.text(json, field).getBytes(StandardCharsets.UTF_8);
    }
}

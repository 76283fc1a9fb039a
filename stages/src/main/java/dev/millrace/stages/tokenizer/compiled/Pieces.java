package dev.millrace.stages.tokenizer.compiled;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A tokenizer.json's {@code pre_tokenizer}.
 *
 * @param prepareFirst what happens to the first piece of a text; null for nothing
 * @param prepare what happens to every other piece; null for nothing
 * @param scanner cuts pieces into words; null where a piece is one word
 * @param byteLevel whether words are spelled in bytes
 */
record Pieces(
        @Nullable TextStep prepareFirst,
        @Nullable TextStep prepare,
        @Nullable PieceScanner scanner,
        boolean byteLevel) {

    /**
     * @param plain whether text comes here as it was: only then it is known where it began
     */
    static Pieces compile(JsonNode json, boolean plain) throws Unsupported {
        List<JsonNode> steps = new ArrayList<>();
        flatten(json, steps);
        if (steps.isEmpty()) {
            return new Pieces(null, null, null, false);
        }
        JsonNode last = steps.getLast();
        return switch (Fields.type(last)) {
            case "ByteLevel" -> byteLevel(steps.subList(0, steps.size() - 1), last);
            case "BertPreTokenizer" -> {
                alone(steps);
                yield new Pieces(null, null, new BertScanner(), false);
            }
            case "Metaspace" -> {
                alone(steps);
                yield metaspace(last, plain);
            }
            default -> throw unknown(last);
        };
    }

    private static void flatten(JsonNode json, List<JsonNode> steps) throws Unsupported {
        if (Fields.absent(json)) {
            return;
        }
        if (Fields.type(json).equals("Sequence")) {
            Fields.only(json, "pre_tokenizer Sequence", "type", "pretokenizers");
            for (JsonNode step : json.path("pretokenizers")) {
                flatten(step, steps);
            }
        } else {
            steps.add(json);
        }
    }

    private static void alone(List<JsonNode> steps) throws Unsupported {
        if (steps.size() > 1) {
            throw unknown(steps.getFirst());
        }
    }

    private static Unsupported unknown(JsonNode step) {
        String type = Fields.type(step);
        boolean known = type.equals("Split") && step.path("pattern").has("Regex");
        return new Unsupported(
                "pre_tokenizer "
                        + (known
                                ? "Split by " + step.path("pattern").path("Regex").asString("")
                                : type));
    }

    private static Pieces byteLevel(List<JsonNode> before, JsonNode bytes) throws Unsupported {
        Fields.only(
                bytes,
                "pre_tokenizer ByteLevel",
                "type",
                "add_prefix_space",
                "trim_offsets",
                "use_regex");
        boolean space = Fields.flag(bytes, "add_prefix_space", true);
        PieceScanner scanner = Fields.flag(bytes, "use_regex", true) ? new Gpt2Scanner() : null;
        for (JsonNode step : before) {
            // A space before every word that another step has cut is no checkpoint's wish.
            if (space || before.size() > 1) {
                throw unknown(step);
            }
            scanner = cut(step, scanner);
        }
        TextStep prefix = space ? new PrependText(new byte[] {' '}, true) : null;
        return new Pieces(prefix, prefix, scanner, true);
    }

    private static PieceScanner cut(JsonNode step, @Nullable PieceScanner words)
            throws Unsupported {
        switch (Fields.type(step)) {
            case "Digits" -> {
                Fields.only(step, "pre_tokenizer Digits", "type", "individual_digits");
                if (words != null && Fields.flag(step, "individual_digits", false)) {
                    return new DigitsScanner(words);
                }
            }
            case "Split" -> {
                Fields.only(step, "pre_tokenizer Split", "type", "pattern", "behavior", "invert");
                String regex = step.path("pattern").path("Regex").asString("");
                boolean invert = Fields.flag(step, "invert", false);
                // Patterns that leave nothing between two matches: both mean the same.
                String behavior = step.path("behavior").asString("");
                if (words == null && behavior.equals(invert ? "Removed" : "Isolated")) {
                    if (regex.equals(Llama3Scanner.regex("\\p{N}{1,3}"))) {
                        return new Llama3Scanner(3);
                    }
                    if (regex.equals(Llama3Scanner.regex("\\p{N}"))) {
                        return new Llama3Scanner(1);
                    }
                    if (regex.equals(Gpt2Scanner.REGEX)) {
                        return new Gpt2Scanner();
                    }
                }
            }
            default -> {}
        }
        throw unknown(step);
    }

    private static Pieces metaspace(JsonNode json, boolean plain) throws Unsupported {
        Fields.only(
                json,
                "pre_tokenizer Metaspace",
                "type",
                "replacement",
                "prepend_scheme",
                "add_prefix_space",
                "split",
                "str_rep");
        String replacement = Fields.text(json, "replacement");
        byte[] mark = replacement.getBytes(StandardCharsets.UTF_8);
        if (replacement.codePointCount(0, replacement.length()) != 1) {
            throw new Unsupported("pre_tokenizer Metaspace of " + replacement);
        }
        boolean adds = Fields.flag(json, "add_prefix_space", true);
        String scheme = json.path("prepend_scheme").asString("always");
        TextStep replace = new ReplaceText(new byte[] {' '}, mark);
        TextStep prefix =
                new TextSteps(
                        List.of(
                                new ReplaceText(new byte[] {' '}, mark),
                                new PrependText(mark, true)));
        boolean first = scheme.equals("first") && plain && adds;
        if (!first && !(scheme.equals("always") && adds) && !scheme.equals("never")) {
            throw new Unsupported(
                    "pre_tokenizer Metaspace that prepends "
                            + scheme
                            + (plain ? "" : " to normalized text"));
        }
        PieceScanner scanner =
                Fields.flag(json, "split", true)
                        ? new MergeBoundaryScanner(mark, new java.util.BitSet())
                        : null;
        return new Pieces(
                scheme.equals("never") ? replace : prefix,
                scheme.equals("always") ? prefix : replace,
                scanner,
                false);
    }
}

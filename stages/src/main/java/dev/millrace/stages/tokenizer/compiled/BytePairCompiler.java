package dev.millrace.stages.tokenizer.compiled;

import dev.millrace.stages.tokenizer.compiled.TokenizerCompiler.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.collections.Int2IntHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A tokenizer.json's {@code model} of type {@code BPE}. */
final class BytePairCompiler {
    private static final String MARK = "▁";

    private final JsonNode json;
    private final Vocabulary vocabulary;
    private final Pieces pieces;
    private final List<String[]> merges = new ArrayList<>();

    private BytePairCompiler(JsonNode json, Vocabulary vocabulary, Pieces pieces) {
        this.json = json;
        this.vocabulary = vocabulary;
        this.pieces = pieces;
    }

    static ModelCompiler compile(JsonNode json, Vocabulary vocabulary, Pieces pieces)
            throws Unsupported {
        Fields.only(
                json,
                "model BPE",
                "type",
                "dropout",
                "unk_token",
                "continuing_subword_prefix",
                "end_of_word_suffix",
                "fuse_unk",
                "byte_fallback",
                "ignore_merges",
                "vocab",
                "merges");
        if (json.path("dropout").asDouble(0) != 0) {
            throw new Unsupported("model BPE with dropout");
        }
        for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!json.path(affix).asString("").isEmpty()) {
                throw new Unsupported("model BPE with " + affix);
            }
        }
        var compiler = new BytePairCompiler(json, vocabulary, pieces);
        compiler.readMerges();
        return pieces.byteLevel() ? compiler.ofBytes() : compiler.ofCharacters();
    }

    private void readMerges() throws Unsupported {
        if (!json.path("merges").isArray()) {
            throw new Unsupported("model BPE without merges");
        }
        for (JsonNode merge : json.path("merges")) {
            String[] parts;
            if (merge.isArray() && merge.size() == 2) {
                parts = new String[] {merge.path(0).asString(""), merge.path(1).asString("")};
            } else {
                parts = merge.asString("").split(" ", -1);
            }
            if (parts.length != 2
                    || parts[0].isEmpty()
                    || parts[1].isEmpty()
                    || parts[0].startsWith("#version")) {
                throw new Unsupported("merge " + merge);
            }
            merges.add(parts);
        }
    }

    private MergeTable table() throws Unsupported {
        MergeTable table = new MergeTable(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            String[] pair = merges.get(rank);
            table.put(token(pair[0]), token(pair[1]), rank, token(pair[0] + pair[1]));
        }
        return table;
    }

    private int token(String text) throws Unsupported {
        Integer id = vocabulary.find(text);
        if (id == null) {
            throw new Unsupported("a merge with " + text + ", which is no token");
        }
        return id;
    }

    private ModelCompiler ofBytes() throws Unsupported {
        int[] tokenOfByte = new int[256];
        for (int value = 0; value < 256; value++) {
            String letter = String.valueOf(ByteLevelAlphabet.letter(value));
            Integer id = vocabulary.find(letter);
            tokenOfByte[value] = id == null ? -1 : id;
            if (id == null && (unknown() >= 0 || Fields.flag(json, "byte_fallback", false))) {
                throw new Unsupported("a byte without a token, which would be unknown");
            }
        }
        ByteTrie whole = null;
        if (Fields.flag(json, "ignore_merges", false)) {
            whole = new ByteTrie();
            for (Map.Entry<String, Integer> token : vocabulary.ids().entrySet()) {
                byte[] bytes = ByteLevelAlphabet.spelled(token.getKey());
                if (bytes != null && bytes.length > 0) {
                    whole.put(bytes, 0, token.getValue());
                }
            }
        }
        return new ModelCompiler(
                scanner(pieces.scanner()), new BytePairs(tokenOfByte, table(), whole));
    }

    private static PieceScanner scanner(@Nullable PieceScanner scanner) {
        return scanner == null ? (text, at, to) -> to : scanner;
    }

    private ModelCompiler ofCharacters() throws Unsupported {
        if (Fields.flag(json, "ignore_merges", false)) {
            throw new Unsupported("model BPE of characters that ignores merges");
        }
        var tokens = new Int2IntHashMap(CharacterPairs.NONE);
        for (Map.Entry<String, Integer> token : vocabulary.ids().entrySet()) {
            String text = token.getKey();
            if (!text.isEmpty() && text.codePointCount(0, text.length()) == 1) {
                tokens.put(text.codePointAt(0), token.getValue().intValue());
            }
        }
        int[] bytes = Fields.flag(json, "byte_fallback", false) ? byteTokens() : null;
        int unknown = unknown();
        refuseMergesOf(bytes, unknown);
        PieceScanner scanner = pieces.scanner();
        if (scanner == null && vocabulary.find(MARK) != null) {
            scanner =
                    new MergeBoundaryScanner(MARK.getBytes(StandardCharsets.UTF_8), joinedToMark());
        }
        return new ModelCompiler(
                scanner(scanner),
                new CharacterPairs(
                        tokens, bytes, unknown, Fields.flag(json, "fuse_unk", false), table()));
    }

    private int[] byteTokens() throws Unsupported {
        int[] tokens = new int[256];
        for (int value = 0; value < 256; value++) {
            Integer id = vocabulary.find(String.format("<0x%02X>", value));
            if (id == null) {
                throw new Unsupported("byte_fallback without a token for each byte");
            }
            tokens[value] = id;
        }
        return tokens;
    }

    private int unknown() throws Unsupported {
        if (Fields.absent(json.path("unk_token"))) {
            return CharacterPairs.NONE;
        }
        Integer id = vocabulary.find(Fields.text(json, "unk_token"));
        if (id == null) {
            throw new Unsupported("an unk_token that is no token");
        }
        return id;
    }

    /** Words are cut by what tokens spell; these do not spell what they stand for. */
    private void refuseMergesOf(int @Nullable [] bytes, int unknown) throws Unsupported {
        Set<Integer> notSpelled = new HashSet<>();
        notSpelled.add(unknown);
        if (bytes != null) {
            Arrays.stream(bytes).forEach(notSpelled::add);
        }
        for (String[] pair : merges) {
            if (notSpelled.contains(token(pair[0])) || notSpelled.contains(token(pair[1]))) {
                throw new Unsupported("a merge of " + pair[0] + " and " + pair[1]);
            }
        }
    }

    private BitSet joinedToMark() {
        BitSet joined = new BitSet();
        for (String[] pair : merges) {
            if (pair[1].startsWith(MARK)) {
                joined.set(pair[0].codePointBefore(pair[0].length()));
            }
        }
        return joined;
    }
}

package dev.millrace.tools.model;

import dev.millrace.gpustage.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The merges of byte-pair encoding that do what SentencePiece's scores do: of all neighbours that
 * make a token, those that make the one with the best score are joined first.
 */
final class ScoredMerges {
    private static final int MOST_TOKEN_CHARS = 1024;

    private ScoredMerges() {}

    /**
     * Every way to make each of {@code made} from two tokens, best score first.
     *
     * @param tokens by id
     * @param made ids of those that may be made
     * @param scores by id
     * @param ids of all tokens
     * @throws dev.millrace.gpustage.ModelLoadException where a token is too long
     */
    static List<String[]> of(
            List<String> tokens,
            List<Integer> made,
            List<Double> scores,
            Map<String, Integer> ids,
            GgufMetadata metadata) {
        List<Integer> best = new ArrayList<>(made);
        best.sort(Comparator.comparing(scores::get).reversed());
        List<String[]> merges = new ArrayList<>();
        for (int id : best) {
            String token = tokens.get(id);
            if (token.length() > MOST_TOKEN_CHARS) {
                throw metadata.bad(
                        "tokenizer.ggml.tokens",
                        "tokens of at most " + MOST_TOKEN_CHARS + " characters are expected");
            }
            addSplits(token, ids, merges);
        }
        return merges;
    }

    private static void addSplits(String token, Map<String, Integer> ids, List<String[]> merges) {
        int at = token.length();
        while (at > 0) {
            at = token.offsetByCodePoints(at, -1);
            String left = token.substring(0, at);
            String right = token.substring(at);
            if (ids.containsKey(left) && ids.containsKey(right)) {
                merges.add(new String[] {left, right});
            }
        }
    }
}

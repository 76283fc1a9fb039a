package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.IntArrayList;

/**
 * WordPiece (Schuster and Nakajima, 2012; BERT): the longest token that a word begins with, then
 * the longest that goes on. A word that cannot be written so, or is too long, is unknown.
 */
final class WordPieces implements WordModel {
    private final ByteTrie beginnings;
    private final ByteTrie continuations;
    private final int unknown;
    private final int maxCharacters;

    /**
     * @param continuations tokens behind others, without their prefix
     */
    WordPieces(ByteTrie beginnings, ByteTrie continuations, int unknown, int maxCharacters) {
        this.beginnings = beginnings;
        this.continuations = continuations;
        this.unknown = unknown;
        this.maxCharacters = maxCharacters;
    }

    @Override
    public void encode(byte[] text, int from, int to, IntArrayList into) {
        int begin = into.size();
        if (to - from > maxCharacters && characters(text, from, to) > maxCharacters) {
            into.addInt(unknown);
            return;
        }
        ByteTrie trie = beginnings;
        for (int at = from; at < to; trie = continuations) {
            int node = trie.root();
            int token = ByteTrie.NONE;
            int end = at;
            for (int i = at; i < to; i++) {
                node = trie.next(node, text[i]);
                if (node == ByteTrie.NONE) {
                    break;
                }
                if (trie.value(node) != ByteTrie.NONE) {
                    token = trie.value(node);
                    end = i + 1;
                }
            }
            if (token == ByteTrie.NONE) {
                while (into.size() > begin) {
                    into.removeAt(into.size() - 1);
                }
                into.addInt(unknown);
                return;
            }
            into.addInt(token);
            at = end;
        }
    }

    private static int characters(byte[] text, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += (text[i] & 0xC0) == 0x80 ? 0 : 1;
        }
        return count;
    }
}

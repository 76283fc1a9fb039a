package dev.millrace.stages.tokenizer.compiled;

import static dev.millrace.stages.tokenizer.compiled.CodePointClass.SPACE;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.WORD;

import java.util.ArrayList;
import java.util.List;

/**
 * Tokens that are found in a text before it is cut into words: the longest at the leftmost place,
 * with the white space that they take in. Walks one text at a time.
 */
final class AddedTokens {
    /**
     * @param singleWord whether it counts only where no word goes on beside it
     * @param takesLeft whether it takes in the white space before it
     * @param takesRight whether it takes in the white space behind it
     */
    record Added(int id, boolean singleWord, boolean takesLeft, boolean takesRight) {}

    private final ByteTrie contents = new ByteTrie();
    private final List<Added> added = new ArrayList<>();
    private final boolean[] first = new boolean[256];
    private byte[] text = new byte[0];
    private int from;
    private int to;
    private int searched;
    private int covered;
    private int start;
    private int stop;
    private int id;

    boolean isEmpty() {
        return added.isEmpty();
    }

    /**
     * Of two with the same content the first counts.
     *
     * @param content what is looked for, in UTF-8
     */
    void put(byte[] content, Added token) throws Unsupported {
        if (content.length == 0) {
            throw new Unsupported("an added token that is nothing");
        }
        contents.put(content, 0, added.size());
        added.add(token);
        first[content[0] & 0xFF] = true;
    }

    void begin(byte[] newText, int newFrom, int newTo) {
        text = newText;
        from = newFrom;
        to = newTo;
        searched = newFrom;
        covered = newFrom;
    }

    /** Goes to the next token; false where there is none. */
    boolean next() {
        while (searched < to) {
            if (!first[text[searched] & 0xFF]) {
                searched++;
                continue;
            }
            int begin = searched;
            int found = ByteTrie.NONE;
            int end = begin + 1;
            int node = contents.root();
            for (int i = begin; i < to; i++) {
                node = contents.next(node, text[i]);
                if (node == ByteTrie.NONE) {
                    break;
                }
                if (contents.value(node) != ByteTrie.NONE) {
                    found = contents.value(node);
                    end = i + 1;
                }
            }
            searched = end;
            if (found != ByteTrie.NONE && take(added.get(found), begin, end)) {
                return true;
            }
        }
        return false;
    }

    private boolean take(Added token, int begin, int end) {
        if (token.singleWord()
                && ((begin > from && isWord(Utf8Text.before(text, begin)))
                        || (end < to && isWord(end)))) {
            return false;
        }
        start = begin;
        if (token.takesLeft()) {
            while (start > from) {
                int before = Utf8Text.before(text, start);
                if ((CodePointClass.at(text, before) & SPACE) == 0) {
                    break;
                }
                start = before;
            }
            start = Math.max(start, covered);
        }
        stop = token.takesRight() ? Runs.of(SPACE, text, end, to) : end;
        covered = stop;
        id = token.id();
        return true;
    }

    private boolean isWord(int at) {
        return (CodePointClass.at(text, at) & WORD) != 0;
    }

    /** Where what the token takes begins. */
    int start() {
        return start;
    }

    /** Where what the token takes ends. */
    int stop() {
        return stop;
    }

    int id() {
        return id;
    }
}

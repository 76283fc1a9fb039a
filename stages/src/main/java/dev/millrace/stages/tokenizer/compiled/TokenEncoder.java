package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.IntArrayList;

/**
 * The parts that a tokenizer.json describes, in the order in which a text goes through them. One
 * thread at a time.
 */
public final class TokenEncoder {
    private final TokenizerParts parts;
    private final Utf8Text normalized = new Utf8Text();
    private final Utf8Text prepared = new Utf8Text();

    /**
     * @param parts of this encoder alone
     */
    TokenEncoder(TokenizerParts parts) {
        this.parts = parts;
    }

    /**
     * Appends the ids of a text in UTF-8.
     *
     * @param utf8 well-formed from {@code from} to {@code to}
     * @param addSpecialTokens whether the ids of the post-processor stand around the text's
     */
    public void encode(byte[] utf8, int from, int to, boolean addSpecialTokens, IntArrayList into) {
        if (addSpecialTokens) {
            addAll(parts.before(), into);
        }
        AddedTokens found = parts.plain();
        found.begin(utf8, from, to);
        int at = from;
        while (found.next()) {
            if (at < found.start()) {
                normalize(utf8, at, found.start(), at == from, into);
            }
            into.addInt(found.id());
            at = found.stop();
        }
        if (at < to) {
            normalize(utf8, at, to, at == from, into);
        }
        if (addSpecialTokens) {
            addAll(parts.behind(), into);
        }
    }

    private static void addAll(int[] ids, IntArrayList into) {
        for (int id : ids) {
            into.addInt(id);
        }
    }

    /**
     * @param first whether the text begins here
     */
    private void normalize(byte[] text, int from, int to, boolean first, IntArrayList into) {
        TextStep normalizer = parts.normalizer();
        if (normalizer == null) {
            split(text, from, to, first, into);
        } else {
            normalized.clear();
            normalizer.apply(text, from, to, normalized);
            split(normalized.bytes(), 0, normalized.length(), first, into);
        }
    }

    private void split(byte[] text, int from, int to, boolean first, IntArrayList into) {
        AddedTokens found = parts.normalized();
        if (found.isEmpty()) {
            prepare(text, from, to, first, into);
            return;
        }
        found.begin(text, from, to);
        int at = from;
        while (found.next()) {
            if (at < found.start()) {
                prepare(text, at, found.start(), first && at == from, into);
            }
            into.addInt(found.id());
            at = found.stop();
        }
        prepare(text, at, to, first && at == from, into);
    }

    private void prepare(byte[] text, int from, int to, boolean first, IntArrayList into) {
        TextStep step = first ? parts.prepareFirst() : parts.prepare();
        if (from >= to) {
            return;
        }
        if (step == null) {
            scan(text, from, to, into);
        } else {
            prepared.clear();
            step.apply(text, from, to, prepared);
            scan(prepared.bytes(), 0, prepared.length(), into);
        }
    }

    private void scan(byte[] text, int from, int to, IntArrayList into) {
        PieceScanner scanner = parts.scanner();
        WordModel model = parts.model();
        scanner.begin();
        for (int at = from; at < to; ) {
            int end = scanner.next(text, at, to);
            if (end < 0) {
                at = ~end;
            } else {
                model.encode(text, at, end, into);
                at = end;
            }
        }
    }
}

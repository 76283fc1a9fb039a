package dev.millrace.gpustage.guide;

/**
 * A compiled form of text: which tokens of one vocabulary may come next. Immutable; any number of
 * generations share it.
 */
public final class Guide {
    final Dfa dfa;
    final TokenMasks masks;
    final TokenTrie vocabulary;

    private Guide(Dfa dfa, TokenMasks masks, TokenTrie vocabulary) {
        this.dfa = dfa;
        this.masks = masks;
        this.vocabulary = vocabulary;
    }

    /**
     * Lays the texts of a net over a vocabulary.
     *
     * @throws GuideException where no text fits, or it is too large
     */
    static Guide of(Nfa nfa, TokenTrie vocabulary, Budget budget) {
        Dfa dfa = Exploration.determinize(nfa, budget);
        return new Guide(dfa, TokenMasks.of(dfa, vocabulary, budget), vocabulary);
    }

    /** The place before the first token of an answer. */
    public GuideState start() {
        return new GuideState(this);
    }

    /** About as many bytes as this holds. */
    public long bytes() {
        return dfa.bytes() + masks.bytes();
    }
}

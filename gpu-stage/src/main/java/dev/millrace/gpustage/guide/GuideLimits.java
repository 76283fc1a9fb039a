package dev.millrace.gpustage.guide;

/** Bounds on what one source may cost, and on what is kept. */
final class GuideLimits {
    /** UTF-8 bytes of a schema, a pattern or a list of choices. */
    static final int SOURCE_BYTES = 64 << 10;

    /** Objects and arrays inside each other in the text. */
    static final int DEPTH = 64;

    /** Containers that a recursive schema may require inside each other. */
    static final int REQUIRED_DEPTH = 8;

    /** Groups inside each other in a pattern. */
    static final int GROUP_DEPTH = 64;

    /** Spaces that may follow a line break between JSON tokens. */
    static final int INDENT = 20;

    /** Digits of a number before the point, and behind it. */
    static final int DIGITS = 18;

    static final int NFA_STATES = 250_000;
    static final int DFA_STATES = 60_000;

    /** Transitions of a deterministic automaton: states times classes of bytes. */
    static final int TRANSITIONS = 4 << 20;

    /** Items of all deterministic states together. */
    static final long ITEMS = 16L << 20;

    /** Elementary operations of one compilation: about two seconds. */
    static final long WORK = 600_000_000;

    /** Bytes of the masks of one guide. */
    static final long MASK_BYTES = 32L << 20;

    /** Sources that wait to be compiled. */
    static final int QUEUE = 16;

    /** Guides that are kept, and their bytes. */
    static final int CACHE_GUIDES = 64;

    static final long CACHE_BYTES = 128L << 20;

    private GuideLimits() {}
}

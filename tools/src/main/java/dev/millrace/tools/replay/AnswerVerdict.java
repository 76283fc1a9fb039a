package dev.millrace.tools.replay;

/**
 * What comparing an answer with the recorded one gave.
 *
 * @param what where they part, or why they are not compared; empty where they are the same
 * @param maxDifference largest between two numbers of tensors or vectors; 0 without any
 * @param textUnknown whether texts could not be compared for want of one of them
 */
record AnswerVerdict(Kind kind, String what, double maxDifference, boolean textUnknown) {
    static final AnswerVerdict SAME = new AnswerVerdict(Kind.SAME, "", 0, false);

    /** The outcome. */
    enum Kind {
        SAME,
        DIFFERENT,
        NOT_COMPARABLE
    }

    static AnswerVerdict different(String what) {
        return new AnswerVerdict(Kind.DIFFERENT, what, 0, false);
    }

    static AnswerVerdict notComparable(String why) {
        return new AnswerVerdict(Kind.NOT_COMPARABLE, why, 0, false);
    }
}

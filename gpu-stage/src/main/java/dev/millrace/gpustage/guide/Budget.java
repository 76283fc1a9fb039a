package dev.millrace.gpustage.guide;

/**
 * What one compilation may still cost, counted in operations and not in time: the same source is
 * accepted or refused on any machine. Owned by the compiling thread; any thread may cancel.
 */
final class Budget {
    private long work = GuideLimits.WORK;
    private long items = GuideLimits.ITEMS;
    private volatile boolean cancelled;

    /** Elementary operations that were done or are about to be. */
    void work(long operations) {
        work -= operations;
        if (work < 0) {
            throw tooLarge("takes too long to compile");
        }
        if (cancelled) {
            throw new GuideException("the model is closing");
        }
    }

    /** Items that will be kept. */
    void keep(int count) {
        items -= count;
        if (items < 0) {
            throw tooLarge("needs too much memory");
        }
        work(count);
    }

    void cancel() {
        cancelled = true;
    }

    static GuideException tooLarge(String what) {
        return new GuideException(
                what
                        + "; fewer or shorter repetitions (maxLength, maxItems, {m,n}), choices or"
                        + " properties are accepted");
    }
}

package dev.millrace.stages.tokenizer.compiled;

/** Something before a text that is not empty. */
final class PrependText implements TextStep {
    private final byte[] prefix;
    private final boolean unlessThere;

    /**
     * @param unlessThere whether a text that begins with the prefix stays as it is
     */
    PrependText(byte[] prefix, boolean unlessThere) {
        this.prefix = prefix.clone();
        this.unlessThere = unlessThere;
    }

    @Override
    public void apply(byte[] text, int from, int to, Utf8Text into) {
        if (from < to && !(unlessThere && begins(text, from, to))) {
            into.add(prefix, 0, prefix.length);
        }
        into.add(text, from, to);
    }

    private boolean begins(byte[] text, int from, int to) {
        if (to - from < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (text[from + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}

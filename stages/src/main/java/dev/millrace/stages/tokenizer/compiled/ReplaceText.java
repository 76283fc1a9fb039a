package dev.millrace.stages.tokenizer.compiled;

/** Every occurrence of a string by another one. */
final class ReplaceText implements TextStep {
    private final byte[] pattern;
    private final byte[] content;

    /**
     * @param pattern not empty
     */
    ReplaceText(byte[] pattern, byte[] content) {
        this.pattern = pattern.clone();
        this.content = content.clone();
    }

    @Override
    public void apply(byte[] text, int from, int to, Utf8Text into) {
        int copied = from;
        for (int at = from; at <= to - pattern.length; ) {
            if (text[at] == pattern[0] && matches(text, at)) {
                into.add(text, copied, at);
                into.add(content, 0, content.length);
                at += pattern.length;
                copied = at;
            } else {
                at++;
            }
        }
        into.add(text, copied, to);
    }

    private boolean matches(byte[] text, int at) {
        for (int i = 1; i < pattern.length; i++) {
            if (text[at + i] != pattern[i]) {
                return false;
            }
        }
        return true;
    }
}

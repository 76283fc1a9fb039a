package dev.millrace.stages.tokenizer.compiled;

/** A step that makes something of each character by itself. */
enum CharacterStep implements TextStep {
    /** BERT's {@code clean_text}: no controls, and every white space a space. */
    CLEAN {
        @Override
        void put(int codePoint, Utf8Text into) {
            int flags = CodePointClass.of(codePoint);
            if (codePoint == '\t' || codePoint == '\n' || codePoint == '\r') {
                into.addByte(' ');
            } else if ((flags & CodePointClass.OTHER) == 0 && codePoint != 0xFFFD) {
                if ((flags & CodePointClass.SPACE) != 0) {
                    into.addByte(' ');
                } else {
                    into.addCodePoint(codePoint);
                }
            }
        }
    },
    /** BERT's {@code handle_chinese_chars}: spaces around ideographs. */
    PART_IDEOGRAPHS {
        @Override
        void put(int codePoint, Utf8Text into) {
            if (codePoint >= 0x3400 && isIdeograph(codePoint)) {
                into.addByte(' ');
                into.addCodePoint(codePoint);
                into.addByte(' ');
            } else {
                into.addCodePoint(codePoint);
            }
        }
    },
    /** Without {@code \p{Mn}}. */
    STRIP_NONSPACING {
        @Override
        void put(int codePoint, Utf8Text into) {
            if ((CodePointClass.of(codePoint) & CodePointClass.NONSPACING) == 0) {
                into.addCodePoint(codePoint);
            }
        }
    },
    LOWERCASE {
        @Override
        void put(int codePoint, Utf8Text into) {
            // The one character whose lower case is two, whatever comes behind it.
            if (codePoint == 0x130) {
                into.addByte('i');
                into.addCodePoint(0x307);
            } else {
                into.addCodePoint(OtherUnicode.toLowerCase(codePoint));
            }
        }
    };

    private static final byte DROPPED = -1;

    /** What becomes of ASCII, which is always one character or none. */
    @SuppressWarnings("ImmutableEnumChecker") // Never written again.
    private final byte[] ascii = table();

    abstract void put(int codePoint, Utf8Text into);

    private byte[] table() {
        byte[] table = new byte[128];
        Utf8Text one = new Utf8Text();
        for (int i = 0; i < table.length; i++) {
            one.clear();
            put(i, one);
            table[i] = one.length() == 0 ? DROPPED : one.bytes()[0];
        }
        return table;
    }

    @Override
    public void apply(byte[] text, int from, int to, Utf8Text into) {
        byte[] table = ascii;
        for (int at = from; at < to; ) {
            if (text[at] < 0) {
                put(Utf8Text.codePoint(text, at), into);
                at = Utf8Text.after(text, at);
                continue;
            }
            into.reserve(to - at);
            byte[] bytes = into.bytes();
            int length = into.length();
            while (at < to && text[at] >= 0) {
                byte mapped = table[text[at++]];
                if (mapped >= 0) {
                    bytes[length++] = mapped;
                }
            }
            into.cut(length);
        }
    }

    /** The blocks that BERT calls Chinese. */
    private static boolean isIdeograph(int codePoint) {
        return (codePoint >= 0x4E00 && codePoint <= 0x9FFF)
                || codePoint <= 0x4DBF
                || (codePoint >= 0xF900 && codePoint <= 0xFAFF)
                || (codePoint >= 0x20000 && codePoint <= 0x2A6DF)
                || (codePoint >= 0x2A700 && codePoint <= 0x2B73F)
                || (codePoint >= 0x2B740 && codePoint <= 0x2B81F)
                || (codePoint >= 0x2B920 && codePoint <= 0x2CEAF)
                || (codePoint >= 0x2F800 && codePoint <= 0x2FA1F);
    }
}

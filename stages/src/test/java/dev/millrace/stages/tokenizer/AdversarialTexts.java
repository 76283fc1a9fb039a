package dev.millrace.stages.tokenizer;

import java.util.List;
import java.util.SplittableRandom;

/** Texts that tell one tokenizer from another: drawn from pools that mix, by a seed. */
final class AdversarialTexts {
    private static final String[] POOLS = {
        "etaoin shrdlu",
        "aabbccc ",
        "ETAoinshRDLu'sSmMtTdDrReEvVlL ",
        "'’ſ\u017f\u212a\u0130\u0131 s",
        " \t\n\r\u000b\f\u0085\u00a0\u1680\u2000\u2009\u2028\u2029\u202f\u205f\u3000",
        " \n\r",
        " ▁_\u2581",
        "0123456789٣४五½Ⅷ²",
        ".,;:!?-–—()[]{}<>|/\\@#$%^&*+=~`\"",
        "àéîõüçñßøåÅÄÖ",
        "a\u0300\u0301\u0316\u0323\u0345\u0334\u0327e\u05b0\u064b\u3099\u309a",
        "ấặộữ\u1e69\u01d5ﬁ\ufb2a\u0958\u2126",
        "слово и ещё Ελληνικά שלום مرحبا नमस्ते สวัสดี",
        "日本語中文字符漢字ひらがなカタカナ\u30ab\u3099豈㐀",
        "한국어가각힣\u1100\u1161\u11a8\u1112\u1175\u11c2",
        "👍🏽👩‍👩‍👧‍👦🇩🇪❤️🏴󠁧󠁢󠁥󠁮󠁧󠁿🤦🏼‍♂️",
        "\u0000\u0001\u001f\u007f\u0080\u009f\u00ad\u200b\u200c\u200d\ufeff\ufffd\uffff\ue000",
    };

    private final SplittableRandom random;
    private final List<String> tokens;

    /**
     * @param tokens what the tokenizer in question takes for one, to be glued to everything
     */
    AdversarialTexts(long seed, List<String> tokens) {
        this.random = new SplittableRandom(seed);
        this.tokens = tokens;
    }

    String next() {
        var text = new StringBuilder();
        int parts = random.nextInt(6);
        for (int i = 0; i < parts; i++) {
            part(text);
        }
        return text.toString();
    }

    private void part(StringBuilder text) {
        switch (random.nextInt(12)) {
            case 0 -> anything(text);
            case 1 -> text.append(tokens.isEmpty() ? "<s>" : pick(tokens));
            case 2 -> repeat(text);
            case 3 -> {
                String token = tokens.isEmpty() ? "[CLS]" : pick(tokens);
                text.append(token, 0, random.nextInt(token.length() + 1));
            }
            default -> {
                String pool = POOLS[random.nextInt(POOLS.length)];
                int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 60 : 12);
                for (int i = 0; i < length; i++) {
                    append(text, pool);
                }
            }
        }
    }

    /** A character of a pool that is not half of one. */
    private void append(StringBuilder text, String pool) {
        text.appendCodePoint(
                pool.codePointAt(
                        pool.offsetByCodePoints(
                                0, random.nextInt(pool.codePointCount(0, pool.length())))));
    }

    /** Characters of all planes, assigned or not. */
    private void anything(StringBuilder text) {
        int length = 1 + random.nextInt(8);
        int bits = 7 + random.nextInt(15);
        for (int i = 0; i < length; i++) {
            int point = random.nextInt(Math.min(1 << bits, Character.MAX_CODE_POINT + 1));
            if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
                text.appendCodePoint(point);
            }
        }
    }

    private void repeat(StringBuilder text) {
        var one = new StringBuilder();
        append(one, POOLS[random.nextInt(POOLS.length)]);
        text.repeat(one, 1 + random.nextInt(random.nextInt(10) == 0 ? 300 : 40));
    }

    private String pick(List<String> from) {
        return from.get(random.nextInt(from.size()));
    }
}

package dev.millrace.stages.tokenizer;

import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.tokenizer.compiled.ByteLevelAlphabet;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.Int2ObjectHashMap;

/** Bytes of every token of a tokenizer.json, worked out once. Immutable. */
final class TokenizerTokenBytes implements TokenBytes {
    private static final byte[] NONE = new byte[0];
    private static final String WORD_SUFFIX = "</w>";

    private final byte[][] bytesById;
    private final Int2ObjectHashMap<byte[]> specialNames = new Int2ObjectHashMap<>();

    TokenizerTokenBytes(TokenizerVocabulary vocabulary) {
        bytesById = new byte[vocabulary.tokens().length][];
        for (int id = 0; id < bytesById.length; id++) {
            String token = vocabulary.tokens()[id];
            bytesById[id] = token == null ? NONE : bytes(token, vocabulary.spelling());
        }
        for (TokenizerVocabulary.Added added : vocabulary.added()) {
            byte[] content = utf8(added.content());
            bytesById[added.id()] = added.special() ? NONE : content;
            if (added.special()) {
                specialNames.put(added.id(), content);
            }
        }
    }

    @Override
    public byte[] bytesOf(int tokenId) {
        return tokenId >= 0 && tokenId < bytesById.length ? bytesById[tokenId] : NONE;
    }

    @Override
    public byte[] nameOf(int tokenId) {
        byte[] special = specialNames.get(tokenId);
        return special == null ? bytesOf(tokenId) : special;
    }

    private static byte[] bytes(String token, TokenizerVocabulary.Spelling spelling) {
        return switch (spelling) {
            case BYTE_LEVEL -> ByteLevelAlphabet.bytes(token);
            case METASPACE -> {
                int value = byteFallback(token);
                yield value >= 0 ? new byte[] {(byte) value} : utf8(token.replace('▁', ' '));
            }
            case WORD_PIECE -> utf8(token.startsWith("##") ? token.substring(2) : " " + token);
            case WORD_SUFFIX ->
                    token.endsWith(WORD_SUFFIX)
                            ? utf8(token.substring(0, token.length() - WORD_SUFFIX.length()) + " ")
                            : utf8(token);
            case PLAIN -> utf8(token);
        };
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The byte that {@code <0xXX>} stands for, or -1. */
    private static int byteFallback(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(token.charAt(3), 16);
        int low = Character.digit(token.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
}

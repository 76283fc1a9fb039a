package dev.millrace.gpustage.guide;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.ringbuffer.StructuredOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.agrona.collections.IntHashSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The bytes of a vocabulary's tokens; the last-but-none special token ends a text. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Vocabulary(String name, byte[][] tokens, int endId) {
    /** Every byte, and some tokens that cross JSON's parts. */
    static Vocabulary bytesAndSome() {
        List<byte[]> tokens = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(new byte[] {(byte) b});
        }
        for (String token :
                List.of(
                        "\",\"",
                        "\":",
                        "\": \"",
                        "},",
                        "}}",
                        "}]",
                        "{\"",
                        "[{",
                        "[[[[",
                        "]]",
                        "\"}",
                        "\"},{\"",
                        "{}",
                        "[]",
                        "[],",
                        "true",
                        "false,",
                        "null}",
                        "12",
                        "é",
                        "\n  ",
                        "\n    \"",
                        "abc",
                        "aaaaaaaa",
                        "  ",
                        ", \"",
                        "\\u",
                        "\\\"",
                        ":{\"a\":{",
                        "1}}}")) {
            tokens.add(token.getBytes(StandardCharsets.UTF_8));
        }
        tokens.add(new byte[] {(byte) 0xE2, (byte) 0x82});
        tokens.add(new byte[] {(byte) 0xAC, '"'});
        tokens.add(new byte[0]);
        return new Vocabulary("bytes", tokens.toArray(byte[][]::new), tokens.size() - 1);
    }

    /** Of the embedded demo model: GPT-2's spelling, 2,048 tokens or so. */
    static Vocabulary austen() {
        String file = "/dev/millrace/models/austen-2.8m/tokenizer.json";
        try (InputStream in =
                Objects.requireNonNull(Vocabulary.class.getResourceAsStream(file), file)) {
            return read("austen", new JsonMapper().readTree(in), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SentencePiece's spelling, 512 tokens. */
    static Vocabulary stories() {
        try {
            byte[] file =
                    Files.readAllBytes(
                            SharedModels.folder("stories260K").resolve("tokenizer.json"));
            return read("stories", new JsonMapper().readTree(file), 2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Vocabulary read(String name, JsonNode file, int endId) {
        boolean gpt2 = file.path("decoder").path("type").asString("").equals("ByteLevel");
        JsonNode vocab = file.path("model").path("vocab");
        byte[][] tokens = new byte[vocab.size() + file.path("added_tokens").size()][];
        Arrays.fill(tokens, new byte[0]);
        vocab.properties()
                .forEach(entry ->
                        tokens[entry.getValue().asInt()] =
                                gpt2 ? gpt2(entry.getKey()) : pieces(entry.getKey()));
        for (JsonNode added : file.path("added_tokens")) {
            tokens[added.path("id").asInt()] = new byte[0];
        }
        return new Vocabulary(name, tokens, endId);
    }

    /** Printable bytes stand for themselves, the others for U+0100 and on, in order. */
    private static byte[] gpt2(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            int wanted = token.charAt(i);
            int shifted = 0x100;
            for (int b = 0; b < 256; b++) {
                boolean itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
                if ((itself ? b : shifted++) == wanted) {
                    bytes[i] = (byte) b;
                }
            }
        }
        return bytes;
    }

    private static byte[] pieces(String token) {
        if (token.matches("<0x[0-9A-F]{2}>")) {
            return new byte[] {(byte) Integer.parseInt(token.substring(3, 5), 16)};
        }
        return token.replace('▁', ' ').getBytes(StandardCharsets.UTF_8);
    }

    IntHashSet endIds() {
        var ids = new IntHashSet();
        ids.add(endId);
        return ids;
    }

    TokenTrie trie() {
        return new TokenTrie(id -> tokens[id], tokens.length, endIds());
    }

    Guide compile(StructuredOutput.Kind kind, String source) {
        var budget = new Budget();
        TokenTrie trie = trie();
        var nfa = new Nfa(trie.usable(), budget);
        Grammars.write(new StructuredOutput(kind, source, "field"), nfa);
        return Guide.of(nfa, trie, budget);
    }

    /** Tokens that spell a text, the longest first where {@code greedy}, else single bytes. */
    List<Integer> encode(String text, boolean greedy) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        List<Integer> ids = new ArrayList<>();
        int at = 0;
        while (at < bytes.length) {
            int best = -1;
            for (int id = 0; id < tokens.length; id++) {
                byte[] token = tokens[id];
                boolean fits =
                        token.length > 0
                                && at + token.length <= bytes.length
                                && Arrays.equals(
                                        token, 0, token.length, bytes, at, at + token.length);
                boolean better =
                        best < 0
                                || (greedy
                                        ? token.length > tokens[best].length
                                        : token.length < tokens[best].length);
                if (fits && better) {
                    best = id;
                }
            }
            if (best < 0) {
                throw new IllegalArgumentException("no token for byte " + bytes[at]);
            }
            ids.add(best);
            at += tokens[best].length;
        }
        return ids;
    }

    @Override
    public String toString() {
        return name;
    }
}

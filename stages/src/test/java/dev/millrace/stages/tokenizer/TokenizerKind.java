package dev.millrace.stages.tokenizer;

import static dev.millrace.stages.tokenizer.TokenizerJson.BEGIN;
import static dev.millrace.stages.tokenizer.TokenizerJson.BERT_PIECES;
import static dev.millrace.stages.tokenizer.TokenizerJson.BERT_WRAPPED;
import static dev.millrace.stages.tokenizer.TokenizerJson.NONE;
import static dev.millrace.stages.tokenizer.TokenizerJson.WRAPPED;
import static dev.millrace.stages.tokenizer.TokenizerJson.added;
import static dev.millrace.stages.tokenizer.TokenizerJson.bert;
import static dev.millrace.stages.tokenizer.TokenizerJson.bytePairs;
import static dev.millrace.stages.tokenizer.TokenizerJson.bytes;
import static dev.millrace.stages.tokenizer.TokenizerJson.characterPairs;
import static dev.millrace.stages.tokenizer.TokenizerJson.digits;
import static dev.millrace.stages.tokenizer.TokenizerJson.metaspace;
import static dev.millrace.stages.tokenizer.TokenizerJson.normalizer;
import static dev.millrace.stages.tokenizer.TokenizerJson.normalizers;
import static dev.millrace.stages.tokenizer.TokenizerJson.prepend;
import static dev.millrace.stages.tokenizer.TokenizerJson.replace;
import static dev.millrace.stages.tokenizer.TokenizerJson.sequence;
import static dev.millrace.stages.tokenizer.TokenizerJson.split;
import static dev.millrace.stages.tokenizer.TokenizerJson.wordPieces;

/** A tokenizer.json of each kind that is compiled, with a vocabulary that is drawn. */
enum TokenizerKind {
    GPT_2(NONE, bytes(false, true), NONE, bytePairs(false), added(false, false, false)),
    ROBERTA(NONE, bytes(true, true), WRAPPED, bytePairs(false), added(true, true, true)),
    LLAMA_3(
            NONE,
            sequence(split("\\\\p{N}{1,3}"), bytes(false, false)),
            "{\"type\": \"Sequence\", \"processors\": [" + bytes(true, true) + "," + BEGIN + "]}",
            bytePairs(true),
            added(false, false, false)),
    QWEN_2(
            normalizer("NFC"),
            sequence(split("\\\\p{N}"), bytes(false, false)),
            bytes(false, false),
            bytePairs(false),
            added(false, true, true)),
    SMOLLM(
            NONE,
            sequence(digits(), bytes(false, true)),
            NONE,
            bytePairs(false),
            added(false, false, true)),
    WITHOUT_WORDS(
            normalizers(normalizer("NFKC"), normalizer("Lowercase")),
            bytes(false, false),
            NONE,
            bytePairs(false),
            added(true, false, true)),
    COMPATIBILITY(
            normalizer("NFKD"),
            bytes(false, true),
            NONE,
            bytePairs(false),
            added(false, true, true)),
    DECOMPOSED(
            normalizer("NFD"), bytes(false, true), NONE, bytePairs(false), added(true, true, true)),
    LLAMA_2(
            normalizers(prepend(), replace()),
            NONE,
            BEGIN,
            characterPairs(true, true),
            added(false, false, true)),
    MISTRAL(
            NONE,
            metaspace("first", false),
            BEGIN,
            characterPairs(true, true),
            added(true, true, true)),
    METASPACE(
            NONE,
            metaspace("always", true),
            BEGIN,
            characterPairs(false, false),
            added(true, false, false)),
    UNKNOWN(
            NONE,
            metaspace("never", false),
            NONE,
            characterPairs(false, true),
            added(false, true, true)),
    BERT(bert(true, "null"), BERT_PIECES, BERT_WRAPPED, wordPieces(), added(false, false, false)),
    BERT_CASED(bert(false, "null"), BERT_PIECES, BEGIN, wordPieces(), added(true, true, true)),
    BERT_ACCENTS(bert(true, "false"), BERT_PIECES, NONE, wordPieces(), added(false, true, true));

    private final String json;

    TokenizerKind(String normalizer, String pieces, String specials, String model, String added) {
        json =
                """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [%s],
                 "normalizer": %s, "pre_tokenizer": %s, "post_processor": %s, "decoder": null,
                 "model": %s}
                """
                        .formatted(added, normalizer, pieces, specials, model);
    }

    String json() {
        return json;
    }
}

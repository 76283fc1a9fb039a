package dev.millrace.stages.tokenizer.compiled;

import org.jspecify.annotations.Nullable;

/**
 * What a text goes through. The parts keep scratch memory: they belong to one tokenizer.
 *
 * @param before ids of the post-processor before a text
 * @param plain added tokens that are found in a text as it is
 * @param normalizer null where nothing is normalized
 * @param normalized added tokens that are found in normalized text
 * @param prepareFirst what happens to the piece that a text begins with before it is cut into
 *     words; null for nothing
 * @param prepare what happens to every other piece
 * @param scanner cuts pieces into words
 * @param model words to ids
 * @param behind ids of the post-processor behind a text
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record TokenizerParts(
        int[] before,
        AddedTokens plain,
        @Nullable TextStep normalizer,
        AddedTokens normalized,
        @Nullable TextStep prepareFirst,
        @Nullable TextStep prepare,
        PieceScanner scanner,
        WordModel model,
        int[] behind) {}

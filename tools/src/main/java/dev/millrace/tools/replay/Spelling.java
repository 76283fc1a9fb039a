package dev.millrace.tools.replay;

import dev.millrace.ringbuffer.TokenBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * How the two models behind an answer spell their tokens.
 *
 * @param recorded null where the recorded tokenizer cannot be had
 * @param replayed the one of the model in its place
 * @param same whether both have the same tokenizer: then tokens are compared, else code points
 */
record Spelling(@Nullable TokenBytes recorded, @Nullable TokenBytes replayed, boolean same) {
    /** Whether two texts can be held beside each other. */
    boolean comparable() {
        return same || (recorded != null && replayed != null);
    }

    /** A recorded text, in what is compared. */
    int[] recorded(AnswerBits.Text text) {
        return same ? text.ids.toIntArray() : codePoints(text.ids, recorded);
    }

    /** A replayed text, likewise. */
    int[] replayed(AnswerBits.Text text) {
        return same ? text.ids.toIntArray() : codePoints(text.ids, replayed);
    }

    /** All recorded texts of an answer, and how it failed, for people to read. */
    String recordedText(AnswerBits answer) {
        return text(answer, recorded == null && same ? replayed : recorded);
    }

    /** All replayed texts of an answer. */
    String replayedText(AnswerBits answer) {
        return text(answer, replayed);
    }

    private static int[] codePoints(IntArrayList ids, @Nullable TokenBytes bytes) {
        return text(ids, bytes).codePoints().toArray();
    }

    private static String text(AnswerBits answer, @Nullable TokenBytes bytes) {
        var text = new StringBuilder();
        answer.texts.forEach((run, tokens) -> {
            if (answer.texts.size() > 1) {
                text.append(text.isEmpty() ? "" : "\n").append('[').append(run).append("] ");
            }
            text.append(text(tokens.ids, bytes));
        });
        if (answer.failure != null) {
            text.append(text.isEmpty() ? "" : "\n").append('(').append(answer.failure).append(')');
        }
        return text.toString();
    }

    private static String text(IntArrayList ids, @Nullable TokenBytes bytes) {
        if (bytes == null) {
            return ids.toString();
        }
        var text = new ByteArrayOutputStream();
        for (int i = 0; i < ids.size(); i++) {
            text.writeBytes(bytes.bytesOf(ids.getInt(i)));
        }
        return text.toString(StandardCharsets.UTF_8);
    }
}

package dev.millrace.tools.journal;

import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import dev.millrace.journal.TokensRecord;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.tools.Printable;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The text of recorded tokens, where their tokenizer is at hand. One thread. */
final class SpelledTokens {
    private final @Nullable RecordedTexts texts;

    /** Models of requests in the run that is being read. */
    private final Map<Long, String> models = new HashMap<>();

    private @Nullable EnvironmentRecord environment;

    /**
     * @param texts null spells nothing
     */
    SpelledTokens(@Nullable RecordedTexts texts) {
        this.texts = texts;
    }

    /** A record of the requests that are shown, or one that begins a run. */
    void see(JournalRecord record) {
        if (record.type() == RecordType.ENVIRONMENT) {
            environment = EnvironmentRecord.of(record);
            models.clear();
        } else if (record.type() == RecordType.DECISION) {
            models.put(record.requestId(), DecisionRecord.of(record).model());
        }
    }

    /** What the token adds to the text, quoted, behind a blank; empty where nobody knows. */
    String text(JournalRecord record, int id) {
        TokenBytes bytes = bytes(record);
        return bytes == null
                ? ""
                : " \""
                        + Printable.text(name(bytes, id)).replace("\n", "\\n").replace("\t", "\\t")
                        + '"';
    }

    /** Everything that the record holds, with {@code texts} beside the ids of tokens. */
    ObjectNode json(JournalRecord record) {
        ObjectNode node = RecordJson.of(record);
        TokenBytes bytes = record.type() == RecordType.OUTPUT_TOKENS ? bytes(record) : null;
        if (bytes != null && TokensRecord.of(record).idsStored()) {
            TokensRecord tokens = TokensRecord.of(record);
            ArrayNode all = node.putArray("texts");
            for (int i = 0; i < tokens.count(); i++) {
                all.add(name(bytes, tokens.id(i)));
            }
        }
        return node;
    }

    private static String name(TokenBytes bytes, int id) {
        return new String(bytes.nameOf(id), StandardCharsets.UTF_8);
    }

    private @Nullable TokenBytes bytes(JournalRecord record) {
        String model = models.get(record.requestId());
        if (texts == null || model == null || model.isEmpty()) {
            return null;
        }
        TextModel text = texts.find(environment, model);
        return text == null ? null : text.tokenBytes();
    }
}

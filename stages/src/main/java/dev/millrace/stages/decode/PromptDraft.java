package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.TokenBytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import tools.jackson.core.JsonToken;

/**
 * The prompts of a completion or the texts of an embedding request as they were read: strings, or
 * token ids. Reused between requests; owned by one decoder.
 *
 * <p>Kept until the whole body is read, since the model may be named after the prompt.
 */
final class PromptDraft {
    private final String accepted;
    private final int maxRuns;
    private final List<String> texts = new ArrayList<>();
    private final IntArrayList ids = new IntArrayList();

    /** End of each run in {@link #ids}, where the request came with ids. */
    private final IntArrayList ends = new IntArrayList();

    private boolean given;
    private boolean single;
    private String name = "";

    PromptDraft(int maxRuns) {
        this.maxRuns = maxRuns;
        this.accepted =
                "a string, an array of up to "
                        + maxRuns
                        + " strings, an array of token ids, or an array of up to "
                        + maxRuns
                        + " arrays of token ids";
    }

    void begin() {
        given = false;
        clear();
    }

    private void clear() {
        texts.clear();
        ids.clear();
        ends.clear();
        single = false;
    }

    /** Reads the value the reader stands on; a second one replaces the first. */
    void read(String field, JsonReader json) {
        clear();
        given = true;
        name = field;
        if (json.isString()) {
            single = true;
            texts.add(json.string(accepted));
        } else if (json.isArray()) {
            readArray(json);
        } else {
            throw json.unexpected(accepted);
        }
    }

    private void readArray(JsonReader json) {
        JsonToken token = json.advance();
        if (token == JsonToken.END_ARRAY) {
            throw BadRequest.invalid(
                    name + ": expected " + accepted + ", got an empty array", name);
        }
        if (token == JsonToken.VALUE_NUMBER_INT) {
            single = true;
            readIds(json);
            return;
        }
        boolean strings = token == JsonToken.VALUE_STRING;
        if (!strings && token != JsonToken.START_ARRAY) {
            throw json.unexpected("a string, a token id or an array of token ids");
        }
        while (token != JsonToken.END_ARRAY) {
            if (runs() == maxRuns) {
                throw BadRequest.invalid(
                        name + ": more than " + maxRuns + " entries; expected " + accepted, name);
            }
            if (strings) {
                texts.add(json.string("a string, as the entries before it"));
            } else {
                readRun(json);
            }
            token = json.advance();
        }
    }

    private void readRun(JsonReader json) {
        if (!json.isArray()) {
            throw json.unexpected("an array of token ids, as the entries before it");
        }
        if (json.advance() == JsonToken.END_ARRAY) {
            throw BadRequest.invalid(
                    label(runs()) + ": expected at least one token id, got an empty array",
                    label(runs()));
        }
        readIds(json);
    }

    /** From the first id to the end of the array it is in. */
    private void readIds(JsonReader json) {
        do {
            ids.addInt((int) json.integer(0, Integer.MAX_VALUE, "a token id of at least 0"));
        } while (json.advance() != JsonToken.END_ARRAY);
        ends.addInt(ids.size());
    }

    boolean given() {
        return given;
    }

    String accepted() {
        return accepted;
    }

    int runs() {
        return texts.isEmpty() ? ends.size() : texts.size();
    }

    boolean isText() {
        return !texts.isEmpty();
    }

    String text(int run) {
        return texts.get(run);
    }

    /** Appends a run's ids. */
    void copyIds(int run, IntArrayList into) {
        for (int i = start(run); i < ends.getInt(run); i++) {
            into.addInt(ids.getInt(i));
        }
    }

    /** What a run's ids stand for, one after the other; may begin or end inside a code point. */
    byte[] bytes(int run, TokenBytes tokenBytes) {
        var bytes = new ByteArrayOutputStream();
        for (int i = start(run); i < ends.getInt(run); i++) {
            bytes.writeBytes(tokenBytes.bytesOf(ids.getInt(i)));
        }
        return bytes.toByteArray();
    }

    private int start(int run) {
        return run == 0 ? 0 : ends.getInt(run - 1);
    }

    /** What a run is called in messages: {@code prompt}, or {@code prompt[2]}. */
    String label(int run) {
        return single ? name : name + "[" + run + "]";
    }
}

package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.IntArrayList;
import tools.jackson.core.JsonToken;

/**
 * The prompts of a completion or the texts of an embedding request as they were read: text, or
 * token ids. Reused between requests; owned by one decoder.
 *
 * <p>Kept until the whole body is read, since the model may be named after the prompt.
 */
final class PromptDraft {
    private final String accepted;
    private final int maxRuns;

    /** All texts one behind the other; {@link #textEnds} says where each ends. */
    private final Utf8Text text = new Utf8Text();

    private final IntArrayList textEnds = new IntArrayList();
    private final IntArrayList ids = new IntArrayList();

    /** End of each run in {@link #ids}, where the request came with ids. */
    private final IntArrayList ends = new IntArrayList();

    private boolean given;
    private boolean single;
    private String name = "";

    /** What runs are called, made when first asked for. */
    private final List<String> labels = new ArrayList<>();

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
        text.clear();
        textEnds.clear();
        ids.clear();
        ends.clear();
        single = false;
    }

    /** Reads the value the reader stands on; a second one replaces the first. */
    void read(String field, JsonReader json) {
        clear();
        given = true;
        if (!name.equals(field)) {
            name = field;
            labels.clear();
        }
        if (json.isString()) {
            single = true;
            readText(json, accepted);
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
                readText(json, "a string, as the entries before it");
            } else {
                readRun(json);
            }
            token = json.advance();
        }
    }

    private void readText(JsonReader json, String expected) {
        json.text(expected, text);
        textEnds.addInt(text.length());
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
        return isText() ? textEnds.size() : ends.size();
    }

    boolean isText() {
        return !textEnds.isEmpty();
    }

    /** All texts in UTF-8; another array after the next request. */
    byte[] textBytes() {
        return text.bytes();
    }

    int textFrom(int run) {
        return run == 0 ? 0 : textEnds.getInt(run - 1);
    }

    int textTo(int run) {
        return textEnds.getInt(run);
    }

    /** Appends a run's ids. */
    void copyIds(int run, IntArrayList into) {
        for (int i = start(run); i < ends.getInt(run); i++) {
            into.addInt(ids.getInt(i));
        }
    }

    /**
     * A run's text, or what its ids stand for, one after the other; the latter may begin or end
     * inside a code point.
     */
    byte[] bytes(int run, TokenBytes tokenBytes) {
        if (isText()) {
            return Arrays.copyOfRange(text.bytes(), textFrom(run), textTo(run));
        }
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
        if (single) {
            return name;
        }
        while (labels.size() <= run) {
            labels.add(name + "[" + labels.size() + "]");
        }
        return labels.get(run);
    }
}
